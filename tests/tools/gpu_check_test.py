#!/usr/bin/env python3
"""tools/gpu_check.sh from a pack to its page, on an emulated GPU: gpu_check_test.py ROOT BUILD."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT, BUILD = map(Path, sys.argv[1:3])
SCRIPT = ROOT / "tools/gpu_check.sh"
EMULATED = BUILD / "tests/cuda/emulated"
sys.path.insert(0, str(ROOT / "tools"))

import bench_gpu


def run(*words, driver=EMULATED, folder=None):
    environment = os.environ | {"LD_LIBRARY_PATH": str(driver)}
    return subprocess.run(list(map(str, words)), text=True, capture_output=True, check=False,
                          cwd=folder, env=environment)


class Pack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.work = Path(cls.folder.name)
        cls.pack = cls.work / "pack"
        made = run(SCRIPT, "pack", "--build", BUILD, "--only",
                   "check/timm_vit_f32 check/timm_vit_f16", cls.pack)
        assert made.returncode == 0, made.stderr
        cls.program = cls.pack / "bin/gpu_check"

    def test_needs_nothing_but_glibc_and_what_lies_beside_it(self):
        for line in run("ldd", self.program).stdout.splitlines():
            self.assertRegex(line, r"linux-vdso|ld-linux|lib(c|m|dl|pthread|rt)\.so|/pack/bin/")

    def test_of_an_emulated_gpu_is_right_and_says_what_is_missing(self):
        done = run("bash", self.pack / "gpu_check.sh", "run", self.pack, "--isa", "cuda-sm80",
                   "-o", "out.json", "--seconds", 200, folder=self.work)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        summary = json.loads((self.work / "out.json").read_text(encoding="utf-8"))
        checks = {check["library"]: check for check in summary["checks"]}
        self.assertEqual({"timm_vit_f32", "timm_vit_f16"}, set(checks))
        for check in checks.values():
            self.assertTrue(check["pass"], check)
            self.assertEqual("cuda-sm80", check["isa"])
            self.assertIn("logits", [output["output"] for output in check["outputs"]])
            self.assertIn("attention", [op["op"] for op in check["ops"]])
        self.assertEqual([], summary["failed"])
        self.assertIn("argsort", summary["ops_not_checked"])
        page = (self.work / "out.md").read_text(encoding="utf-8")
        self.assertIn("correctness: holds", page)
        self.assertEqual(page, done.stdout)

    def test_that_is_damaged_is_not_right_and_the_rest_is_checked(self):
        pack = self.work / "damaged"
        shutil.copytree(self.pack, pack)
        for name in ("logits_f64.npy", "logits_f32.npy"):
            file = pack / "check/timm_vit_f32/expected" / name
            values = bytearray(file.read_bytes())
            values[-1] ^= 0x80  # the last logit's sign
            file.write_bytes(values)
        os.truncate(pack / "check/timm_vit_f16/timm_vit_f16.weights", 4096)
        done = run("bash", pack / "gpu_check.sh", "run", pack, "--isa", "cuda-sm80",
                   "-o", "damaged.json", "--seconds", 200, folder=self.work)
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertIn("correctness: DOES NOT HOLD", done.stdout)
        summary = json.loads((self.work / "damaged.json").read_text(encoding="utf-8"))
        check, = summary["checks"]
        self.assertFalse(check["pass"])
        self.assertEqual({"logits": False, "pooled": True, "tokens": True},
                         {output["output"]: output["pass"] for output in check["outputs"]})
        broken, = summary["failed"]
        self.assertRegex(broken, "^check timm_vit_f16 on cuda-sm80: exit code 3: .*")

    def test_names_the_ops_that_it_lacks(self):
        done = run(self.program, "ops", self.pack / "check/timm_vit_f32")
        self.assertEqual(1, done.returncode)
        self.assertRegex(done.stderr, "^error: no library has .*argsort, ")
        self.assertNotRegex(done.stderr, "linear|layer_norm")

    def test_times_a_library_whose_weights_are_made_up(self):
        library = self.work / "made_up"
        shutil.copytree(self.pack / "check/timm_vit_f32", library)
        weights = library / "timm_vit_f32.weights"
        old = weights.read_bytes()
        weights.unlink()
        self.assertEqual(0, run(self.program, "weights", library).returncode)
        self.assertEqual(len(old), len(weights.read_bytes()))
        self.assertNotEqual(old, weights.read_bytes())
        done = run(self.program, "bench", library, "--isa", "cuda-sm80", "--seconds", 0)
        self.assertEqual(0, done.returncode, done.stderr)
        cell, = json.loads(done.stdout)["cells"]
        self.assertGreater(cell["images_per_s"], 0)
        self.assertGreater(cell["run_ms"]["p50"], 0)
        self.assertEqual({"calls", "ms", "op", "spec", "tflops"}, set(cell["kernels"][0]))
        self.check_roofs(library, [kernel["spec"] for kernel in cell["kernels"]])

    def check_roofs(self, library, specs):
        done = run(self.program, "roofs", library)
        self.assertEqual(4, done.returncode, "no library that is checked has them")
        vitgen = BUILD / "tools/vitgen/vitgen"
        self.assertEqual(0, run(vitgen, "gpu-roofs", library).returncode)
        for words, isa in ([], "cuda-sm90"), (["--isa", "cuda-sm80"], "cuda-sm80"):
            done = run(self.program, "roofs", library, *words)
            self.assertEqual(0, done.returncode, done.stderr)
            roofs = json.loads(done.stdout)
            self.assertEqual(("timm_vit_f32", isa, "f32"),
                             (roofs["library"], roofs["isa"], roofs["factors"]))
            for key in ("tflops", "l2_gbs", "memory_gbs"):
                self.assertGreater(roofs[key], 0)
            moved = {kernel["spec"]: kernel["bytes"] for kernel in roofs["kernels"]}
            self.assertLessEqual(set(specs), set(moved))
        done = run(self.program, "roofs", library, "--isa", "x86-64-avx2")
        self.assertEqual(6, done.returncode)
        self.assertRegex(done.stderr, "no variant 'x86-64-avx2' for capability 90")

    def test_without_a_driver_is_refused(self):
        (self.work / "none").mkdir()
        (self.work / "none/libcuda.so.1").write_bytes(b"no library")
        done = run("bash", self.pack / "gpu_check.sh", "run", self.pack, driver=self.work / "none")
        self.assertEqual(6, done.returncode)
        self.assertRegex(done.stderr, "^error: no GPU: no driver .*\nhint: ")

    def test_holds_what_the_other_programs_are_asked_for(self):
        speed = self.work / "with_speed/speed/vit_base_patch16_224_f16"
        speed.parent.mkdir(parents=True)
        shutil.copytree(self.pack / "check/timm_vit_f16", speed)
        cells = bench_gpu.cells(self.work / "with_speed")
        self.assertEqual([f"{speed.name}:{batch}" for batch in bench_gpu.BATCHES], list(cells))
        shapes = bench_gpu.linears(self.work / "with_speed")
        self.assertTrue(shapes)
        for name, (rows, k, n, precision) in shapes.items():
            self.assertEqual(f"{rows}:{k}:{n}:f16", name)
            self.assertEqual("f16", precision)


def kernels(model, precision):
    """Names of a model's kernels, which begin with their ops'."""
    fixture = ROOT / "tests/fixtures" / model
    outputs = {file.name.removesuffix("_f64.npy") for file in fixture.glob("*_f64.npy")}
    if model == "timm_deit_distilled":
        outputs.remove("pooled")
    done = run(BUILD / "tools/vitgen/vitgen", "tune", "-q", "-m", fixture, "--target",
               "x86-64-avx2", "--precision", precision, "--outputs", ",".join(sorted(outputs)),
               "--dry-run")
    assert done.returncode == 0, done.stderr
    return [line.split()[0] for line in done.stdout.splitlines() if re.match("[a-z]+_", line)]


class WholePack(unittest.TestCase):
    def test_has_every_op(self):
        ops = {file.stem for file in (ROOT / "generators/ops").glob("*.h")}
        seen = set()
        for library in run(SCRIPT, "pack", "--list").stdout.split():
            if not library.startswith("check/"):
                continue
            model, _, precision = library[len("check/"):].rpartition("_")
            if precision == "bf16":  # as f16
                continue
            for kernel in kernels(model, precision):
                starts = [op for op in ops if kernel.startswith(op + "_")]
                seen.add(max(starts, key=len, default=kernel))
        self.assertEqual(ops, seen)


class Words(unittest.TestCase):
    def test_that_are_unknown_are_refused_with_where_help_is(self):
        for words in ([], ["nonsense"], ["run", "--nonsense"], ["pack", "--nonsense"], ["pack"],
                      ["run", "--seconds", "soon"]):
            with self.subTest(words):
                done = run(SCRIPT, *words)
                self.assertEqual(2, done.returncode, done.stderr)
                self.assertRegex(done.stderr, "^error: ")

    def test_no_pack_is_said_so(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run(SCRIPT, "run", folder)
            self.assertEqual(3, done.returncode)
            self.assertIn("no pack in", done.stderr)
            self.assertEqual(4, run(SCRIPT, "pack", folder).returncode)

    def test_help_teaches(self):
        done = run(SCRIPT, "--help")
        self.assertEqual(0, done.returncode)
        self.assertIn("gpu_check.sh run DIR -o out.json", done.stdout)


class Rounds(unittest.TestCase):
    def test_pair_programs_of_one_round(self):
        runs = dict.fromkeys(("vitgen", "torch_compile"), 0)

        def program(name):
            def one():
                runs[name] += 1
            return one

        found = bench_gpu.measure({name: program(name) for name in runs}, lambda: None, rounds=3,
                                  seconds=1e-4)
        self.assertEqual(set(runs), set(found))
        self.assertEqual([1, 1, 1], found["vitgen"]["ratio"])
        self.assertTrue(all(count >= 9 for count in runs.values()), runs)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
