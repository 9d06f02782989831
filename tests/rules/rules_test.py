#!/usr/bin/env python3
"""Each rule finds the violation that is planted for it, and nothing in a clean tree."""

import importlib
import tempfile
import unittest
from pathlib import Path

from source_tree import SourceTree, code_only

CLEAN = {
    ".clang-format": "BasedOnStyle: Google\n",
    "generators/base/text.h": "int size();\n",
    "generators/ops/linear.cpp": (
        '#include "generators/base/text.h"\n\n'
        "// f.vectorize(x) is a word in a comment\n"
        'const char* name = "a.parallel(b)";\n'
    ),
    "schedules/cpu/linear.cpp": (
        '#include "generators/ops/linear.h"\n\n'
        "void apply(Func& f, Var x) {\n"
        "  Func strip = f.in();\n"
        "  strip.vectorize(x);\n"
        "}\n"
    ),
    "schedules/machines/cpu_avx2.h": "constexpr int avx2_lanes = 8;\n",
    "docs/design.md": "[ops](../generators/ops/linear.cpp) and `schedules/cpu/linear.cpp`\n",
    "tools/run.py": "print(1)\n",
    "tools/lib.sh": "say() { echo hello; }\n",
}


def long_function(lines):
    return "int f() {\n" + "  g();\n" * (lines - 2) + "}\n"


# rule, path, content, a word that the message must hold
PLANTED = [
    ("includes", "generators/ops/a.cpp", '#include "schedules/rule.h"\n', "schedules/rule.h"),
    ("includes", "generators/plan/a.cpp", '#include "generators/models/vit.h"\n', "models"),
    ("includes", "schedules/cpu/a.h", '#include "generators/plan/plan.h"\n', "plan"),
    ("includes", "schedules/microkernels/a.cpp", '#include "generators/base/text.h"\n', "base"),
    ("includes", "schedules/microkernels/a.cpp", "#include <Halide.h>\n", "Halide"),
    ("includes", "runtime/a.cpp", '#include "generators/base/text.h"\n', "base"),
    ("includes", "runtime/a.cpp", "#include <vector>\n", "vector"),
    ("includes", "tools/measure/a.cpp", '#include "schedules/machine.h"\n', "schedules/machine.h"),
    ("includes", "tools/emit/a.cpp", '#include "tools/vitgen/host.h"\n', "vitgen"),
    ("includes", "tools/series/a.cpp", '#include "runtime/table.h"\n', "runtime"),
    ("includes", "tools/other/a.cpp", "int a;\n", "no row"),
    ("separation", "generators/ops/a.cpp", "f.vectorize(x, 8);\n", "schedule"),
    ("separation", "generators/ops/a.cpp", "f->gpu_threads(x);\n", "schedule"),
    ("separation", "generators/ops/a.cpp", "if (get_target().bits == 64) g();\n", "target"),
    ("separation", "generators/ops/a.cpp", "int n = avx2 ? 8 : 16;\n", "chip"),
    ("separation", "schedules/cpu/a.cpp", 'Func extra("extra");\n', "Func"),
    ("separation", "schedules/cpu/a.cpp", "  Halide::Func extra;\n", "Func"),
    ("separation", "schedules/cpu/a.cpp", "RDom r(0, 8);\n", "RDom"),
    ("separation", "schedules/cpu/a.cpp", "  f(x, y) = x + y;\n", "definition"),
    ("separation", "schedules/cpu/a.cpp", "  f(x, r.x) += 1;\n", "definition"),
    ("separation", "schedules/cpu/a.cpp", "int n = machine.avx512 ? 16 : 8;\n", "chip"),
    ("separation", "tools/emit/a.cpp", 'compile(code, "sapphirerapids");\n', "chip"),
    ("separation", "tools/emit/a.cpp", 'find_machine("cuda_sm80");\n', "chip"),
    ("separation", "tools/tune/a.cpp", "int n = avx512 ? 16 : 8;\n", "chip"),
    ("sizes", "generators/base/a.cpp", "int a;\n" * 401, "401 lines"),
    ("sizes", "generators/base/a.cpp", "namespace n {\n" + long_function(81) + "}\n", "81 lines"),
    ("sizes", "tools/a.py", "def f():\n" + "    g()\n" * 80, "81 lines"),
    ("leftovers", "generators/base/a.cpp", "// TODO: later\n", "unfinished"),
    ("leftovers", "generators/base/a.cpp", "#if 0\n#endif\n", "switched off"),
    ("leftovers", "generators/base/a.cpp", "  // call(me);\n", "comment"),
    ("leftovers", "tests/base/a_test.cpp", "TEST(A, DISABLED_b) {}\n", "disabled"),
    ("leftovers", "docs/a.md", "see /home/me/vitgen\n", "one computer"),
    ("leftovers", "tools/a.sh", "cp x /opt/halide\n", "one computer"),
    ("leftovers", "tools/a.sh", "pip install -i https://pypi.org/simple\n", "registry"),
    ("leftovers", "tools/a.sh", "<<<<<<< HEAD\n", "conflict"),
    ("leftovers", "examples/a.json", "1" * 1_000_001, "bytes"),
    ("format", "generators/base/a.cpp", "int   a ;\n", "clang-format"),
    ("scripts", "tools/a.sh", "if true; then\n", "syntax error"),
    ("scripts", "tools/a.py", "def f(:\n", "invalid syntax"),
    ("scripts", "tools/a.sh", "#!/usr/bin/env bash\n", "not executable"),
    ("links", "docs/a.md", "[text](nowhere.md)\n", "docs/nowhere.md"),
    ("links", "README.md", "`tools/nothing.sh`\n", "tools/nothing.sh"),
]


class Rules(unittest.TestCase):
    def found(self, rule, files):
        with tempfile.TemporaryDirectory() as root:
            for path, content in files.items():
                target = Path(root, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(content, encoding="utf-8")
            return list(importlib.import_module(f"rule_{rule}").check(SourceTree(root)))

    def test_a_clean_tree_has_no_violation(self):
        for rule in {row[0] for row in PLANTED}:
            with self.subTest(rule):
                self.assertEqual([], [str(v) for v in self.found(rule, CLEAN)])

    def test_every_planted_violation_is_found_once_where_it_is(self):
        for rule, path, content, word in PLANTED:
            with self.subTest(rule=rule, content=content[:40]):
                found = self.found(rule, CLEAN | {path: content})
                self.assertEqual([path], [v.path for v in found])
                self.assertIn(word, str(found[0]))

    def test_every_rule_has_a_planted_violation(self):
        on_disk = {p.stem.removeprefix("rule_") for p in Path(__file__).parent.glob("rule_*.py")}
        self.assertEqual(on_disk, {row[0] for row in PLANTED} | {"registered"})


class Registered(unittest.TestCase):
    def found(self, tests, source):
        with tempfile.TemporaryDirectory() as root:
            path = Path(root, "tests/base/a_test.cpp")
            path.parent.mkdir(parents=True)
            path.write_text(source, encoding="utf-8")
            rule = importlib.import_module("rule_registered")
            return [str(v) for v in rule.check_tests(SourceTree(root), tests)]

    def test_a_labelled_test_of_a_known_suite_passes(self):
        tests = [labelled("Text.holds", ["quick"]), labelled("All/Table.walks/3", ["full"])]
        self.assertEqual([], self.found(tests, "TEST(Text, holds) {}\nTEST_P(Table, walks) {}\n"))

    def test_a_test_without_label_is_found(self):
        found = self.found([labelled("Text.holds", [])], "TEST(Text, holds) {}\n")
        self.assertEqual(["Text.holds:0: carries neither label: quick, full"], found)

    def test_a_suite_that_no_program_runs_is_found(self):
        found = self.found([], "TEST(Text, holds) {}\n")
        self.assertEqual(["tests/base/a_test.cpp:1: suite Text is not run by CTest"], found)


def labelled(name, labels):
    return {"name": name, "properties": [{"name": "LABELS", "value": labels}]}


class CodeOnly(unittest.TestCase):
    def test_comments_and_literals_go_and_lines_keep_their_numbers(self):
        text = 'a; // b\n/* c\n d */ e("f // g");\nR"(h\n{)"; 1\'000; \'{\';\n'
        self.assertEqual('a; \n\n e("");\n""\n; 1\'000; "";\n', code_only(text))

    def test_literals_stay_where_they_are_asked_for(self):
        self.assertEqual('a("b"); \n', code_only('a("b"); // c\n', literals=True))


if __name__ == "__main__":
    unittest.main()
