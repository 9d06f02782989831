"""Files of at most 400 lines and functions of at most 80; what passes the soft limits is reported."""

import ast
import re

from source_tree import Violation, code_only

FILE_SOFT, FILE_HARD = 250, 400
FUNCTION_SOFT, FUNCTION_HARD = 40, 80
SOURCES = {".cpp", ".h", ".c", ".py", ".sh", ".cmake", ".in", ".S"}
_TRANSPARENT = re.compile(r"\b(?:namespace|class|struct|union|enum|extern)\b")
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)


def cpp_functions(text):
    """(line, lines) of every function: a block whose head, which begins after the last ';', '{'
    or '}', has parentheses and is no class or namespace."""
    code = _DIRECTIVE.sub(lambda match: "\n" * match.group().count("\n"), code_only(text))
    start = 0
    for end, mark in ((m.start(), m.group()) for m in re.finditer(r"[;{}]", code)):
        if end < start:
            continue
        head = code[start:end]
        if mark == "{" and not _TRANSPARENT.search(head.split("(")[0]):
            close = _closing(code, end)
            if "(" in head and "=" not in head.split("(")[0]:
                first = code.count("\n", 0, start + len(head) - len(head.lstrip())) + 1
                yield first, code.count("\n", 0, close) + 2 - first
            end = close
        start = end + 1


def _closing(code, start):
    depth = 0
    for match in re.compile(r"[{}]").finditer(code, start):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.start()
    return len(code)


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1


def _sizes(tree):
    """(violation-like place, size, soft, hard, what) of every file and function."""
    for path in tree.files(suffixes=SOURCES):
        text = tree.text(path)
        yield path, 1, len(text.splitlines()), FILE_SOFT, FILE_HARD, "a file"
        functions = {"py": python_functions, "cpp": cpp_functions, "h": cpp_functions,
                     "c": cpp_functions}.get(path.rsplit(".", 1)[-1])
        for line, size in functions(text) if functions else ():
            yield path, line, size, FUNCTION_SOFT, FUNCTION_HARD, "a function"


def check(tree):
    for path, line, size, _, hard, what in _sizes(tree):
        if size > hard:
            yield Violation(path, line, f"{what} of {size} lines; the limit is {hard}")


def report(tree):
    for path, line, size, soft, _, what in _sizes(tree):
        if size > soft:
            yield Violation(path, line, f"{what} of {size} lines; {soft} is the aim")
