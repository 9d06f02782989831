"""Every test that a source file defines is known to CTest, under the label quick or full.

Unlike the other rules it looks at a build folder: check.py registered ROOT BUILD CTEST.
"""

import json
import re
import subprocess

from source_tree import Violation, code_only, numbered

LABELS = {"quick", "full"}
_TEST = re.compile(r"^\s*TEST(?:_F|_P)?\(\s*(\w+)\s*,")


def known_tests(build, ctest):
    done = subprocess.run([ctest, "--show-only=json-v1"], cwd=build, stdout=subprocess.PIPE,
                          text=True, check=True)
    return json.loads(done.stdout)["tests"]


def labels(test):
    return next((p["value"] for p in test["properties"] if p["name"] == "LABELS"), [])


def check_tests(tree, tests):
    for test in tests:
        if not LABELS.intersection(labels(test)):
            yield Violation(test["name"], 0, "carries neither label: quick, full")
    # "Suite.name", or "Instance/Suite.name/0" where it runs over a table
    suites = {part for test in tests for part in re.split(r"[./]", test["name"])}
    for path in tree.files("tests/", {".cpp"}):
        if path.startswith("tests/fuzz/"):
            continue
        for number, line in numbered(code_only(tree.text(path))):
            match = _TEST.match(line)
            if match and match.group(1) not in suites:
                yield Violation(path, number, f"suite {match.group(1)} is not run by CTest")
