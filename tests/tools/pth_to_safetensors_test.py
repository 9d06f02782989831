#!/usr/bin/env python3
"""tools/pth_to_safetensors.py: what it refuses, and, where PyTorch is installed, what it writes."""

import importlib.util
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools/pth_to_safetensors.py"


def module():
    spec = importlib.util.spec_from_file_location("pth_to_safetensors", SCRIPT)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


PTH = module()
HAS_TORCH = all(importlib.util.find_spec(name) for name in ("torch", "safetensors"))


class Tensor:
    """Stands for a tensor."""


def is_tensor(value):
    return isinstance(value, Tensor)


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def convert(self, *arguments, **environment):
        return subprocess.run([sys.executable, "-B", SCRIPT, *map(str, arguments)], text=True,
                              check=False, capture_output=True,
                              env={"PATH": "/usr/bin:/bin"} | environment)

    def assert_refused(self, done, code, *words):
        self.assertEqual(done.returncode, code, done.stderr)
        lines = done.stderr.strip().splitlines()
        self.assertTrue(lines[0].startswith("error: "), done.stderr)
        self.assertLessEqual(len(lines), 2, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)


class Arguments(Folder):
    def test_both_names_are_needed(self):
        self.assertEqual(self.convert().returncode, 2)
        self.assertEqual(self.convert("a.pth").returncode, 2)

    def test_output_is_safetensors(self):
        self.assert_refused(self.convert("a.pth", "b.bin"), 2, "b.bin", ".safetensors")

    def test_input_must_be_there(self):
        path = self.folder / "absent.pth"
        self.assert_refused(self.convert(path, self.folder / "b.safetensors"), 4, "absent.pth")

    def test_pytorch_that_is_missing_is_named(self):
        (self.folder / "torch.py").write_text("raise ImportError(name='torch')")
        (self.folder / "safetensors").mkdir()
        (self.folder / "safetensors/__init__.py").write_text("")
        (self.folder / "safetensors/torch.py").write_text("import torch")
        (self.folder / "a.pth").write_text("x")
        done = self.convert(self.folder / "a.pth", self.folder / "b.safetensors",
                            PYTHONPATH=str(self.folder))
        self.assert_refused(done, 5, "torch is missing", "python3 -m venv", "pip install")


class Unwrapping(unittest.TestCase):
    def refusal(self, loaded, key=None):
        with self.assertRaises(PTH.Refusal) as caught:
            PTH.named_tensors(PTH.unwrap(loaded, key)[0], is_tensor)
        self.assertEqual(caught.exception.code, 3)
        return f"{caught.exception} {caught.exception.hint}"

    def test_wrappers_are_removed_in_any_depth(self):
        weights = {"head.weight": Tensor()}
        for wrapped in (weights, {"model": weights}, {"state_dict": weights, "epoch": 3},
                        {"model": {"state_dict": weights}, "optimizer": {}}):
            self.assertEqual(PTH.named_tensors(PTH.unwrap(wrapped)[0], is_tensor), weights)
        self.assertEqual(PTH.unwrap({"model": weights, "epoch": 3})[1], ["epoch"])

    def test_module_before_every_name_is_removed(self):
        one, two = Tensor(), Tensor()
        all_of_them = {"module.a": one, "module.b": two}
        self.assertEqual(PTH.named_tensors(all_of_them, is_tensor), {"a": one, "b": two})
        some = {"module.a": one, "b": two}
        self.assertEqual(PTH.named_tensors(some, is_tensor), some)

    def test_key_takes_one_of_several(self):
        one, two = {"a": Tensor()}, {"a": Tensor()}
        both = {"student": one, "teacher": two}
        self.assertIs(PTH.unwrap(both, "teacher")[0], two)
        self.assertIn("student, teacher", self.refusal(both, "ema"))
        self.assertIn("--key", self.refusal(both))
        self.assertIn("--key", self.refusal({"model": one, "state_dict": two}))

    def test_a_dictionary_that_holds_itself_is_refused(self):
        loop = {"state_dict": {}}
        loop["state_dict"]["model"] = loop
        self.assertIn("holds itself", self.refusal(loop))

    def test_a_name_that_safetensors_keeps_for_itself_is_refused(self):
        self.assertIn("__metadata__", self.refusal({"__metadata__": Tensor()}))
        self.assertIn("__metadata__", self.refusal({"module.__metadata__": Tensor()}))

    def test_what_is_not_tensors_by_name_is_refused(self):
        self.assertIn("holds a list", self.refusal([Tensor()]))
        self.assertIn("holds a Tensor", self.refusal(Tensor()))
        self.assertIn("no tensors", self.refusal({}))
        self.assertIn("'epoch' is a int", self.refusal({"a": Tensor(), "epoch": 3}))
        self.assertIn("a name is a int", self.refusal({3: Tensor()}))


@unittest.skipUnless(HAS_TORCH, "needs PyTorch and safetensors")
class Files(Folder):
    def test_values_and_types_are_kept(self):
        import safetensors.torch  # pylint: disable=import-outside-toplevel
        import torch  # pylint: disable=import-outside-toplevel

        tied = torch.arange(6.0).reshape(2, 3)
        weights = {"module.a": tied, "module.b": tied.T, "module.c": torch.ones(2).bfloat16()}
        torch.save({"model": weights, "epoch": 3}, self.folder / "a.pth")
        done = self.convert(self.folder / "a.pth", self.folder / "b.safetensors")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("left out epoch", done.stderr)
        read = safetensors.torch.load_file(self.folder / "b.safetensors")
        self.assertEqual(set(read), {"a", "b", "c"})
        for name, value in read.items():
            self.assertTrue(torch.equal(value, weights["module." + name]))
            self.assertEqual(value.dtype, weights["module." + name].dtype)

    def test_code_is_never_run(self):
        import torch  # pylint: disable=import-outside-toplevel

        class Trap:  # pylint: disable=too-few-public-methods
            def __reduce__(self):
                return (Path.touch, (TRAP,))

        TRAP = self.folder / "touched"
        torch.save({"a": torch.ones(1), "b": Trap()}, self.folder / "a.pth")
        done = self.convert(self.folder / "a.pth", self.folder / "b.safetensors")
        self.assert_refused(done, 3, "more than weights")
        self.assertFalse(TRAP.exists())
        self.assertFalse((self.folder / "b.safetensors").exists())

    def test_other_files_are_refused(self):
        import torch  # pylint: disable=import-outside-toplevel

        torch.save({"a": torch.ones(2, 2).to_sparse()}, self.folder / "sparse.pth")
        torch.save([torch.ones(2)], self.folder / "list.pth")
        (self.folder / "text.pth").write_text("not a checkpoint")
        (self.folder / "empty.pth").write_text("")
        for name in ("sparse", "list", "text", "empty"):
            done = self.convert(self.folder / f"{name}.pth", self.folder / "b.safetensors")
            self.assert_refused(done, 3, name)

    def test_absent_folders_are_made(self):
        import torch  # pylint: disable=import-outside-toplevel

        torch.save({"a": torch.ones(1)}, self.folder / "a.pth")
        output = self.folder / "new/deep/b.safetensors"
        done = self.convert(self.folder / "a.pth", output)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(list(output.parent.iterdir()), [output])

    def test_a_place_that_cannot_be_written_is_refused_in_one_line(self):
        import torch  # pylint: disable=import-outside-toplevel

        torch.save({"a": torch.ones(1)}, self.folder / "a.pth")
        (self.folder / "file").write_text("")
        (self.folder / "folder.safetensors").mkdir()
        for place in (self.folder / "file/b.safetensors", self.folder / "file/deep/b.safetensors",
                      self.folder / "folder.safetensors", "/proc/absent/b.safetensors",
                      "/proc/b.safetensors"):
            done = self.convert(self.folder / "a.pth", place)
            self.assert_refused(done, 4, f"{place}: cannot be written")
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_an_output_that_cannot_be_written_is_named_and_leaves_nothing(self):
        import torch  # pylint: disable=import-outside-toplevel

        torch.save({"a": torch.ones(1000)}, self.folder / "a.pth")
        limited = ("import resource, runpy, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
                   "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); "
                   "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')")
        output = self.folder / "out/b.safetensors"
        output.parent.mkdir()
        done = subprocess.run([sys.executable, "-B", "-c", limited, SCRIPT, self.folder / "a.pth",
                               output], text=True, check=False, capture_output=True)
        self.assert_refused(done, 4, "b.safetensors", "cannot be written")
        self.assertEqual(list(output.parent.iterdir()), [])
        torch.save({"a": torch.ones(1, dtype=torch.complex128)}, self.folder / "a.pth")
        done = self.convert(self.folder / "a.pth", output)
        self.assert_refused(done, 3, "b.safetensors", "complex128")


if __name__ == "__main__":
    unittest.main()
