#!/usr/bin/env python3
"""What the scripts in tools/ do on computers that lack something. The system's programs are played
by small scripts, so nothing is installed and nothing is fetched."""

import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Programs that the scripts may use as they are.
HONEST = ("awk bash cat comm cut dirname env flock head id kill ln ls mkdir mv nproc printf rm sed "
          "sha256sum sleep sort tail tr true uname").split()


class Computer:
    """A clone of the scripts, and a PATH with nothing but honest and pretended programs."""

    def __init__(self, folder):
        self.root = Path(folder, "vitgen")
        self.bin = Path(folder, "bin")
        self.bin.mkdir()
        shutil.copytree(ROOT / "tools", self.root / "tools",
                        ignore=lambda d, names: [n for n in names if Path(d, n).is_dir()
                                                 and n != "lib"])
        (self.root / "cmake").mkdir()
        shutil.copy(ROOT / "cmake/requirements.txt", self.root / "cmake")
        for name in HONEST:
            (self.bin / name).symlink_to(shutil.which(name))
        self.pretend("cc")
        self.pretend("c++")
        self.pretend("uname", "echo Linux x86_64")

    def pretend(self, name, body=""):
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!{shutil.which('bash')}\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def debian(self, installed, user=0):
        """dpkg-query that knows these packages ("all": whichever it is asked for)."""
        known = "true" if installed == "all" else f'[[ " {installed} " == *" $p "* ]]'
        self.pretend("dpkg-query", 'shift 3; for p in "$@"; do '
                     f'if {known}; then echo "installed $p"; else s=1; fi; done; exit ${{s:-0}}')
        self.pretend("apt-get", f'echo "$@" >>{self.root}/apt.calls; exit 0')
        self.pretend("id", f"echo {user}")

    def python(self, install):
        """python3 whose pip does `install`, in bash; $target is where to."""
        self.pretend("python3", 'case "$*" in *--version*) exit 0;; esac\n'
                     'while (($#)); do [[ $1 == --target ]] && target=$2; shift; done\n' + install)

    def run(self, script, *arguments, **environment):
        return subprocess.run([self.root / "tools" / script, *arguments], text=True, check=False,
                              capture_output=True, stdin=subprocess.DEVNULL,
                              env={"PATH": str(self.bin), "HOME": "/nowhere"} | environment)

    def calls(self):
        path = self.root / "apt.calls"
        return path.read_text(encoding="utf-8") if path.exists() else ""


WHEELS = ('mkdir -p "$target/cmake/data/bin" "$target/halide"; '
          'echo >"$target/cmake/data/bin/cmake"')


class Scripts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.computer = Computer(folder.name)

    def test_without_rights_it_names_what_is_missing_and_the_command(self):
        self.computer.debian("make ninja-build", user=1000)
        self.computer.python(WHEELS)
        done = self.computer.run("deps.sh")
        self.assertEqual(5, done.returncode, done.stderr)
        self.assertRegex(done.stderr, "error: missing packages.*llvm-19-dev")
        self.assertRegex(done.stderr, "hint: run as root: .*apt-get install .*libpng-dev")
        self.assertNotRegex(done.stderr, "ninja-build")
        self.assertEqual("", self.computer.calls())

    def test_root_gets_exactly_what_is_missing(self):
        self.computer.debian("make ninja-build ca-certificates")
        self.computer.python(WHEELS)
        done = self.computer.run("deps.sh")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(self.computer.calls(), "install -y .*llvm-19-dev")
        self.assertNotRegex(self.computer.calls(), "ninja-build|libgtest-dev")

    def test_the_tests_need_more(self):
        self.computer.debian("")
        self.computer.python(WHEELS)
        self.assertEqual(0, self.computer.run("deps.sh", "--tests").returncode)
        self.assertRegex(self.computer.calls(), "libgtest-dev")

    def test_sudo_serves_where_it_asks_for_no_password(self):
        self.computer.debian("", user=1000)
        self.computer.python(WHEELS)
        self.computer.pretend("sudo", '[[ $1 == -n ]] && shift; exec "$@"')
        done = self.computer.run("deps.sh")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(self.computer.calls(), "install -y")

    def test_a_failed_installation_shows_why_and_the_command(self):
        self.computer.debian("")
        self.computer.pretend("apt-get", "echo E: Unable to locate package >&2; exit 100")
        done = self.computer.run("deps.sh")
        self.assertEqual(5, done.returncode, done.stderr)
        self.assertRegex(done.stderr, "Unable to locate package")
        self.assertRegex(done.stderr, "hint: .*run as root: apt-get update && apt-get install")

    def test_another_system_is_told_what_is_needed(self):
        self.computer.python(WHEELS)
        done = self.computer.run("deps.sh")
        self.assertEqual(5, done.returncode)
        self.assertRegex(done.stderr, "no apt-get")
        self.assertRegex(done.stderr, "VITGEN_NO_PACKAGES=1")
        self.assertEqual(0, self.computer.run("deps.sh", VITGEN_NO_PACKAGES="1").returncode)

    def test_the_second_run_fetches_nothing_and_is_quick(self):
        self.computer.debian("all")
        self.computer.python(WHEELS)
        self.assertEqual(0, self.computer.run("deps.sh").returncode)
        self.computer.python("exit 1")
        begin = time.monotonic()
        done = self.computer.run("deps.sh")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertLess(time.monotonic() - begin, 2)

    def test_changed_requirements_are_fetched_and_a_failure_keeps_what_was_there(self):
        self.computer.debian("all")
        self.computer.python(WHEELS)
        self.assertEqual(0, self.computer.run("deps.sh").returncode)
        with open(self.computer.root / "cmake/requirements.txt", "a", encoding="utf-8") as file:
            file.write("# changed\n")
        self.computer.python("echo no network; exit 1")
        done = self.computer.run("deps.sh")
        self.assertEqual(5, done.returncode)
        self.assertRegex(done.stderr, "no network")
        self.assertTrue((self.computer.root / ".deps/python/cmake/data/bin/cmake").exists())
        self.computer.python(WHEELS)
        self.assertEqual(0, self.computer.run("deps.sh").returncode)

    def test_another_processor_is_refused(self):
        self.computer.debian("all")
        self.computer.python(WHEELS)
        self.computer.pretend("uname", "echo Linux aarch64")
        done = self.computer.run("deps.sh")
        self.assertEqual(6, done.returncode)
        self.assertRegex(done.stderr, "x86-64 Linux; this is Linux aarch64")

    def test_every_script_has_help_and_refuses_unknown_words(self):
        for script in ("deps.sh", "quickstart.sh", "test.sh", "check.sh", "gpu_check.sh"):
            with self.subTest(script):
                done = self.computer.run(script, "--help")
                self.assertEqual(0, done.returncode, done.stderr)
                self.assertIn(f"tools/{script}", done.stdout)
                self.computer.pretend("git", "exit 1")
                self.assertEqual(2, self.computer.run(script, "--nonsense").returncode)

    def test_memory_limits_how_many_compile_side_by_side(self):
        for memory, jobs in ((100, 1), (8000, 6), (10**6, 64)):
            script = (f". {self.computer.root}/tools/lib/common.sh; cpu_jobs() {{ echo 64; }}; "
                      f"memory_mib() {{ echo {memory}; }}; jobs_for 1200")
            done = subprocess.run(["bash", "-c", script], text=True, capture_output=True, check=True)
            self.assertEqual(jobs, int(done.stdout))


if __name__ == "__main__":
    os.umask(0o022)
    unittest.main()
