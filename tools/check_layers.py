#!/usr/bin/env python3
"""Checks the one dependency rule: base < api < kube | apiserver < features < cli; features never include each other."""
import pathlib
import re
import sys

RANK = {"base": 0, "api": 1, "kube": 2, "apiserver": 2, "cli": 4}
FEATURE = 3
HEAVY = re.compile(r"<(boost/asio|boost/beast|openssl|sqlite3\.h|yaml\.h|CLI/)")

def main() -> int:
    root = pathlib.Path(__file__).resolve().parent.parent
    wrong = []
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        module = path.relative_to(root / "src").parts[0]
        rank = RANK.get(module, FEATURE)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            where = f"{path.relative_to(root)}:{number}"
            if path.suffix == ".h" and module != "cli" and HEAVY.search(line):
                wrong.append(f"{where}: heavy header in a header: include it in the .cc")
            match = re.match(r'#include "([^"]+)"', line)
            if not match:
                continue
            other = match.group(1).split("/")[0]
            if other == module or not (root / "src" / other).is_dir():
                continue
            if RANK.get(other, FEATURE) >= rank:
                # A test of the client may run against the embedded API.
                if path.name.endswith("_test.cc") and {module, other} == {"kube", "apiserver"}:
                    continue
                wrong.append(f"{where}: {module} must not include {other}")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0

if __name__ == "__main__":
    sys.exit(main())
