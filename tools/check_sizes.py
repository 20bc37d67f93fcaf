#!/usr/bin/env python3
"""Checks the budgets of STYLE.md: headers 150 lines, sources 400, functions 70."""
import pathlib
import re
import sys

HEADER, SOURCE, FUNCTION = 150, 400, 70
# A function's body opens at the end of an unindented line (or of a member's inside a class) and closes at its indent.
OPEN = re.compile(r"^( {0,2})(?!namespace|struct|class|enum|extern|union|\})\S.*\{$")

def functions(lines):
    start = None
    for number, line in enumerate(lines, 1):
        if start is None:
            match = OPEN.match(line)
            if match and ("(" in line or ")" in line):
                start = (number, match.group(1))
        elif line.startswith(start[1] + "}"):
            yield start[0], number - start[0] + 1
            start = None

def main() -> int:
    root = pathlib.Path(__file__).resolve().parent.parent
    wrong = []
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        name = path.relative_to(root)
        lines = path.read_text().splitlines()
        limit = HEADER if path.suffix == ".h" else SOURCE
        if path.name.endswith("_test.cc"):
            continue
        if len(lines) > limit:
            wrong.append(f"{name}: {len(lines)} lines, at most {limit}: split it by what it is about")
        for number, length in functions(lines):
            if length > FUNCTION:
                wrong.append(f"{name}:{number}: a function of {length} lines, at most {FUNCTION}")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0

if __name__ == "__main__":
    sys.exit(main())
