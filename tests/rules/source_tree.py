"""The project's files as the rules see them, and C++ text without what is no code."""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDERS = (".ci", "cmake", "docs", "examples", "generators", "runtime", "schedules", "tests", "tools")
BUILT = {"__pycache__", "build", "out"}
CODE = {".cpp", ".h", ".c"}


@dataclass(frozen=True)
class Violation:
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


class SourceTree:
    """Files below a project's root; paths are relative to it and use '/'."""

    def __init__(self, root):
        self.root = Path(root)
        top = [p for p in self.root.iterdir() if p.is_file()]
        below = [p for name in FOLDERS for p in (self.root / name).rglob("*") if p.is_file()]
        relative = [p.relative_to(self.root) for p in top + below]
        self.paths = sorted(p.as_posix() for p in relative if not BUILT.intersection(p.parts))

    def files(self, folder="", suffixes=None):
        return [
            path for path in self.paths
            if path.startswith(folder) and (suffixes is None or Path(path).suffix in suffixes)
        ]

    def code(self, folder=""):
        return self.files(folder, CODE)

    def text(self, path):
        """The file's text, or None where it is not UTF-8: data, not source."""
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return None


_NO_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<!\w)'(?:\\.|[^'\\\n])+'""",
    re.DOTALL,
)


def code_only(text, literals=False):
    """C++ without comments and with empty literals (or theirs); every line keeps its number."""
    def blank(match):
        word = match.group()
        if literals and not word.startswith("/"):
            return word
        lines = "\n" * word.count("\n")
        return lines if word.startswith("/") else '""' + lines
    return _NO_CODE.sub(blank, text)


def numbered(text):
    return enumerate(text.splitlines(), start=1)
