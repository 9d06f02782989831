#!/usr/bin/env python3
"""The README's commands and its C program do what it says, on a tiny model:
readme_test.py VITGEN SOURCE."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

VITGEN, SOURCE = sys.argv[1], Path(sys.argv[2])
README = (SOURCE / "README.md").read_text(encoding="utf-8")
MODEL = SOURCE / "tests/fixtures/timm_vit"


def blocks(language):
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text for name, text in fenced if name == language]


class Readme(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name in ("model.safetensors", "config.json"):
            shutil.copy(MODEL / name, self.folder)
        (self.folder / "bin").mkdir()
        (self.folder / "bin/vitgen").symlink_to(VITGEN)
        shutil.copy(SOURCE / "examples/fashion/images/00_ankle-boot.png", self.folder / "cat.png")

    def shell(self, commands):
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        done = subprocess.run(["bash", "-ec", commands], cwd=self.folder, text=True, check=False,
                              capture_output=True, env=os.environ | {"PATH": path})
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def test_the_commands_and_the_program_work_in_their_order(self):
        generate = next(b for b in blocks("") if "vitgen generate" in b)
        compile_program = next(b for b in blocks("") if b.startswith("cc "))
        self.shell(generate)
        (self.folder / "program.c").write_text(blocks("c")[0], encoding="utf-8")
        self.shell(compile_program)
        self.assertRegex(self.shell("./program"), r"class \d: ")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
