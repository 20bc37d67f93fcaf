#!/usr/bin/env python3
"""Checks that every relative link and every `path` in the documents' links leads to a file."""
import pathlib
import re
import subprocess
import sys

def main() -> int:
    root = pathlib.Path(__file__).resolve().parent.parent
    names = subprocess.run(["git", "ls-files", "*.md"], cwd=root, capture_output=True, text=True, check=True).stdout
    wrong = []
    for name in names.split():
        path = root / name
        if not path.exists():
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", line):
                if "://" in target or target.startswith("mailto:"):
                    continue
                if not (path.parent / target).exists():
                    wrong.append(f"{name}:{number}: no such file: {target}")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0

if __name__ == "__main__":
    sys.exit(main())
