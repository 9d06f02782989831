"""Every file that a page of the documentation names is there."""

import posixpath
import re

from source_tree import FOLDERS, Violation, numbered

_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)")
_QUOTED_PATH = re.compile(rf"`((?:{'|'.join(re.escape(f) for f in FOLDERS)})/[\w./-]+)`")


_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def prose(page):
    """A page without its code blocks; every line keeps its number."""
    return _FENCED.sub(lambda match: "\n" * match.group().count("\n"), page)


def check(tree):
    known = set(tree.paths)
    for path in list(known):
        while path := posixpath.dirname(path):
            known.add(path)
    for page in tree.files(suffixes={".md"}):
        for number, line in numbered(prose(tree.text(page))):
            for target in _LINK.findall(line):
                if ":" in target:
                    continue
                target = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
                if target not in known:
                    yield Violation(page, number, f"no such file: {target}")
            for target in _QUOTED_PATH.findall(line):
                if target.rstrip("/") not in known:
                    yield Violation(page, number, f"no such file: {target}")
