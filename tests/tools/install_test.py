#!/usr/bin/env python3
"""vitgen as `cmake --install` leaves it can be moved, runs by itself, and is found by CMake:
install_test.py CMAKE BUILD SOURCE."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CMAKE, BUILD, SOURCE = sys.argv[1:4]
PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(user C)
find_package(vitgen 0.1 REQUIRED)
vitgen_add_library(tiny MODEL model.safetensors TARGETS x86-64-avx2)
add_executable(user main.c)
target_link_libraries(user PRIVATE tiny)
file(GENERATE OUTPUT program.txt CONTENT $<TARGET_FILE:vitgen::vitgen>)
"""


def run(*command):
    return subprocess.run(command, text=True, capture_output=True, check=False,
                          env={"PATH": os.environ["PATH"], "HOME": "/nowhere"})


def cmakes():
    """The CMake that built vitgen, and the system's, which is older on Debian 12."""
    return {CMAKE} | {path for path in ("/usr/bin/cmake",) if Path(path).exists()}


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(dir=BUILD)
        first = Path(cls.folder.name, "first")
        done = run(CMAKE, "--install", BUILD, "--prefix", str(first))
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.prefix = Path(cls.folder.name, "moved here")
        first.rename(cls.prefix)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_the_program_runs_where_it_was_moved(self):
        done = run(str(self.prefix / "bin/vitgen"), "--version")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stdout, r"vitgen \d+\.\d+\.\d+ .*Halide 21.*LLVM 19")

    def test_it_uses_the_halide_beside_it(self):
        done = run("ldd", str(self.prefix / "bin/vitgen"))
        line = next(l for l in done.stdout.splitlines() if "libHalide" in l)
        self.assertIn(str(self.prefix), line)

    def test_nothing_in_it_points_back_to_where_it_was_built(self):
        for path in (p for p in self.prefix.rglob("*") if p.suffix in {".cmake", ".md"}):
            text = path.read_text(encoding="utf-8")
            self.assertNotIn(BUILD, text, path)
            self.assertNotIn(SOURCE + "/", text, path)

    def test_licences_are_there(self):
        names = {p.name for p in self.prefix.glob("share/doc/vitgen/*")}
        self.assertLessEqual({"LICENSE", "NOTICE", "README.md"}, names)

    def test_cmake_finds_the_package_where_it_was_moved(self):
        for number, cmake in enumerate(sorted(cmakes())):
            with self.subTest(cmake):
                project = Path(self.folder.name, f"project{number}")
                project.mkdir()
                (project / "CMakeLists.txt").write_text(PROJECT, encoding="utf-8")
                (project / "main.c").write_text("int main(void) { return 0; }\n", encoding="utf-8")
                shutil.copy(Path(SOURCE, "examples/fashion/model.safetensors"), project)
                done = run(cmake, "-S", str(project), "-B", str(project / "build"),
                           f"-Dvitgen_DIR={self.prefix}/lib/cmake/vitgen")
                self.assertEqual(0, done.returncode, done.stdout + done.stderr)
                program = (project / "build/program.txt").read_text(encoding="utf-8")
                self.assertEqual(str(self.prefix / "bin/vitgen"), program)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
