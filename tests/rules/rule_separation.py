"""What and how stay apart: no schedule or target in generators/, no definition in schedules/."""

import re

from source_tree import Violation, code_only, numbered

_VERBS = (
    "vectorize|parallel|compute_at|compute_root|compute_with|store_at|store_root|store_in|tile|split"
    "|unroll|reorder|reorder_storage|fuse|prefetch|hoist_storage|ring_buffer|async|rfactor"
    r"|gpu_\w+"
)
_SCHEDULE = re.compile(rf"(?:\.|->)({_VERBS})\(")
_TARGET = re.compile(r"get_target\(|get_host_target|has_feature\(|natural_vector_size|Halide::Target\b")
# `Func f(...)`, `Func f;`, `Func f{...}` make a new Func; `Func g = f.in()` names an existing one,
# and `Func& f` or `Func f,` is a parameter.
_FUNC = re.compile(r"(?:^|[^\w<,(]\s*)(?:Halide::)?Func\s+\w+\s*(?:[({].*)?;")
_RDOM = re.compile(r"\bRDom\b\s*\w*\s*[({]")
_DEFINITION = re.compile(r"^\s*\w+\((?:[\w.]+(?:, *[\w.]+)*)?\)\s*[-+*/]?=(?!=)")
# `machine.amx` is a fact like the number of registers.
_CHIP = re.compile(
    r"avx|(?<!\.)\bamx|sse[234]|(?<![a-z])sm_?\d\d|cuda|opencl|haswell|skylake|sapphire|znver",
    re.IGNORECASE)
# The only places that know a chip's name.
_CHIP_HOMES = ("schedules/machine.h", "schedules/machines/", "schedules/microkernels/",
               "schedules/cpu_amx/", "schedules/cuda/",
               # What measures or describes this computer.
               "tools/measure/fma_peak.", "tools/measure/read_bandwidth.cpp",
               "tools/vitgen/host.cpp", "tools/vitgen/commands/doctor.cpp", "tools/measure/gpu")


def _scan(tree, folder, patterns, literals=False):
    for path in tree.code(folder):
        for number, line in numbered(code_only(tree.text(path), literals)):
            for pattern, why in patterns:
                if pattern.search(line):
                    yield Violation(path, number, f"{why}: {line.strip()}")


def check(tree):
    chip = (_CHIP, "a chip's name outside schedules/machines")
    yield from _scan(tree, "generators/", [
        (_SCHEDULE, "a schedule in an algorithm"), (_TARGET, "a target in an algorithm"), chip,
    ])
    yield from _scan(tree, "schedules/", [
        (_FUNC, "a new Func in a schedule"), (_RDOM, "an RDom in a schedule"),
        (_DEFINITION, "a definition in a schedule"),
    ])
    # What emits takes a row as it is: names in its texts would be facts that the row lacks.
    yield from _scan(tree, "tools/emit/", [chip], literals=True)
    for folder in ("schedules/", "tools/"):
        for violation in _scan(tree, folder, [chip]):
            if not violation.path.startswith(_CHIP_HOMES + ("tools/emit/",)):
                yield violation
