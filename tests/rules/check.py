#!/usr/bin/env python3
"""Checks one of the project's rules, or all: check.py RULE|all ROOT [BUILD CTEST]."""

import importlib
import sys
from pathlib import Path

from source_tree import SourceTree

HERE = Path(__file__).resolve().parent
RULES = sorted(path.stem.removeprefix("rule_") for path in HERE.glob("rule_*.py"))


def violations(name, tree, build):
    rule = importlib.import_module(f"rule_{name}")
    if name == "registered":
        return rule.check_tests(tree, rule.known_tests(*build)) if build else ()
    return rule.check(tree)


def main(arguments):
    name, root, *build = arguments
    tree = SourceTree(root)
    found = 0
    for rule in RULES if name == "all" else [name]:
        for violation in violations(rule, tree, build):
            print(f"{violation} [{rule}]")
            found += 1
    if name == "sizes":
        for remark in importlib.import_module("rule_sizes").report(tree):
            print(f"{remark} (a remark)")
    print(f"{name}: {found} violations in {len(tree.paths)} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
