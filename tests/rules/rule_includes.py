"""Data flows one way: which folder may include which, and whose headers of the system."""

import re

from source_tree import Violation, numbered

# The first row whose folder holds the file decides. Values: folders it may include besides itself.
ALLOWED = {
    "generators/base/": (),
    "generators/weights/": ("generators/base/",),
    "generators/ops/": ("generators/base/",),
    "generators/plan/": ("generators/base/", "generators/weights/", "generators/ops/"),
    "generators/models/": (
        "generators/base/", "generators/weights/", "generators/ops/", "generators/plan/",
    ),
    # LLVM IR builders: nothing of ours.
    "schedules/microkernels/": (),
    # Values and the database of measurements: no Halide, no rule.
    "schedules/tuning/": ("generators/base/", "schedules/choice.h"),
    "schedules/": ("generators/base/", "generators/ops/"),
    # Linked into the users' programs: nothing of ours, nothing but the C library and the CPU.
    "runtime/": (),
    "tools/image/": ("generators/base/",),
    "tools/series/": ("generators/base/",),
    "tools/measure/": ("generators/base/", "runtime/"),
    "tools/emit/": ("generators/", "schedules/", "runtime/"),
    "tools/report/": ("generators/base/", "tools/measure/", "tools/emit/"),
    "tools/verify/": ("generators/", "schedules/", "runtime/", "tools/emit/"),
    "tools/tune/": (
        "generators/", "schedules/", "runtime/", "tools/measure/", "tools/emit/", "tools/verify/",
    ),
    "tools/gpu_check/": (
        "generators/", "runtime/", "tools/image/", "tools/measure/", "tools/emit/",
        "tools/verify/", "tools/vitgen/",
    ),
    "tools/vitgen/": ("generators/", "schedules/", "runtime/", "tools/"),
}
# Where every folder has a row; tests and examples may include anything.
PRODUCT = ("generators/", "schedules/", "runtime/", "tools/")
# What CMake writes into the build tree.
GENERATED = {"vitgen_api.h", "generators/base/version.h"}
# Folders that must not see a library's headers at all.
FORBIDDEN_SYSTEM = {
    "generators/ops/": r"llvm/|fmt/|nlohmann/|CLI/",
    "schedules/microkernels/": r"Halide",
    "schedules/tuning/": r"Halide|llvm/|CLI/",
    "runtime/": r"Halide|llvm/|fmt/|nlohmann/|CLI/|iostream|string>|vector>|thread>|mutex>|memory>",
}
_QUOTED = re.compile(r'\s*#\s*include\s+"([^"]+)"')
_SYSTEM = re.compile(r"\s*#\s*include\s+<([^>]+>)")


def _row(path, table):
    return next((folder for folder in table if path.startswith(folder)), None)


def check(tree):
    for path in tree.code():
        home = _row(path, ALLOWED)
        if home is None:
            if path.startswith(PRODUCT):
                yield Violation(path, 1, "its folder has no row in rule_includes.py")
            continue
        system = FORBIDDEN_SYSTEM.get(_row(path, FORBIDDEN_SYSTEM), r"(?!)")
        for number, line in numbered(tree.text(path)):
            quoted = _QUOTED.match(line)
            if quoted and not _may_include(home, quoted.group(1)):
                yield Violation(path, number, f"{home} must not include {quoted.group(1)}")
            header = _SYSTEM.match(line)
            if header and re.match(system, header.group(1)):
                yield Violation(path, number, f"{home} must not include <{header.group(1)}")


def _may_include(home, header):
    return header in GENERATED or header.startswith((home, *ALLOWED[home]))
