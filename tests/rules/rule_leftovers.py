"""Nothing unfinished, switched off or tied to one computer is committed."""

import re

from source_tree import Violation, numbered

_EVERYWHERE = (
    (re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b"), "unfinished"),
    (re.compile(r"^\s*#\s*if\s+0\b"), "switched off"),
    (re.compile(r"\bDISABLED_\w"), "a disabled test"),
    (re.compile(r"(?:^|[^\w.$}-])/(?:home|root|Users|work|farm)/"), "a path of one computer"),
    (re.compile(r"(?:^|[^\w.$}-])/opt/(?!\*)"), "a path of one computer"),
    (re.compile(r"pypi\.org|pythonhosted|deb\.debian|snapshot\.debian|conda\.anaconda"),
     "the host of a registry"),
    (re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)"), "a merge conflict"),
)
# A comment that looks and ends like a statement is code that was switched off; an example is
# indented.
_CODE_IN_COMMENT = re.compile(r"^\s*//(?!/) ?\S.*(?:\w\(|=|->|::).*[;{]\s*$")
# These files name what they forbid.
_EXEMPT = "tests/rules/"
_MAX_BYTES = 1_000_000


def check(tree):
    for path in tree.paths:
        if path.startswith(_EXEMPT):
            continue
        size = (tree.root / path).stat().st_size
        if size > _MAX_BYTES:
            yield Violation(path, 1, f"{size} bytes in the repository")
        text = tree.text(path)
        for number, line in numbered(text) if text is not None else ():
            for pattern, why in _EVERYWHERE:
                if pattern.search(line):
                    yield Violation(path, number, f"{why}: {line.strip()[:80]}")
            if path.endswith((".cpp", ".h")) and _CODE_IN_COMMENT.match(line):
                yield Violation(path, number, f"code in a comment: {line.strip()[:80]}")
