#!/usr/bin/env python3
"""Writes the code blocks of a page whose first line names a file: extract.py PAGE DIRECTORY.

Prints the names, separated by ';'. Files that did not change are left alone.
"""

import re
import sys
from pathlib import Path

BLOCK = re.compile(r"^```cpp\n// (?P<path>[\w/]+\.(?:h|cpp))\n(?P<text>.*?)^```$", re.M | re.S)


def main(page, directory):
    names = []
    for block in BLOCK.finditer(Path(page).read_text(encoding="utf-8")):
        target = Path(directory, block["path"])
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_text(encoding="utf-8") != block["text"]:
            target.write_text(block["text"], encoding="utf-8")
        names.append(block["path"])
    print(";".join(names), end="")
    return 0 if names else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
