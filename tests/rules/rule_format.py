"""C and C++ as clang-format 19 writes it."""

import re
import shutil
import subprocess

from source_tree import Violation

PROGRAM = "clang-format-19"
_COMPLAINT = re.compile(r"(?P<path>[^:\n]+):(?P<line>\d+):\d+: error")


def check(tree):
    if not shutil.which(PROGRAM):
        yield Violation(PROGRAM, 0, "not installed: tools/deps.sh --tests")
        return
    files = tree.code()
    if not files:
        return
    done = subprocess.run(
        [PROGRAM, f"--style=file:{tree.root / '.clang-format'}", "--dry-run", "--Werror", *files],
        cwd=tree.root, stderr=subprocess.PIPE, text=True, check=False,
    )
    seen = set()
    for match in _COMPLAINT.finditer(done.stderr):
        if match["path"] not in seen:
            seen.add(match["path"])
            yield Violation(match["path"], int(match["line"]), f"run {PROGRAM} -i on this file")
    if done.returncode != 0 and not seen:
        yield Violation(PROGRAM, 0, done.stderr.strip())
