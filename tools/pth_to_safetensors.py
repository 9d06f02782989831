#!/usr/bin/env python3
"""Convert a PyTorch checkpoint to safetensors, which vitgen reads: weights only, never code.

    tools/pth_to_safetensors.py model.pth model.safetensors
    tools/pth_to_safetensors.py --key teacher checkpoint.pth model.safetensors

The file is loaded with torch.load(weights_only=True): pickles that would run code are refused. A
checkpoint that keeps its weights under `model`, `state_dict` or `module` is unwrapped, as often as
needed; `--key` says which of several to take. A `module.` before every name is removed. What is left
must be tensors by name, dense and on any device.

Needs PyTorch and safetensors. Exit code: 0, or 2 usage, 3 not a checkpoint of weights, 4 a file
cannot be read or written, 5 PyTorch or safetensors is missing. Absent folders on the way to the
output are made.
"""

import argparse
import contextlib
import os
import pickle
import sys
import warnings
from pathlib import Path

USAGE, BAD_INPUT, IO, RESOURCES = 2, 3, 4, 5
WRAPPERS = ("model", "state_dict", "module")
PREFIX = "module."
RESERVED = "__metadata__"  # of safetensors' header, beside the tensors' names


class Refusal(Exception):
    """One line for a person, and the exit code."""

    def __init__(self, code, message, hint=""):
        super().__init__(message)
        self.code = code
        self.hint = hint


def unwrap(loaded, key=None):
    """The dictionary of weights in what torch.load gave, and the keys beside it that are left."""
    left = []
    if not isinstance(loaded, dict):
        raise Refusal(BAD_INPUT, f"holds a {type(loaded).__name__}, expected tensors by name")
    if key is not None:
        if not isinstance(loaded.get(key), dict):
            known = ", ".join(str(name) for name, value in loaded.items() if isinstance(value, dict))
            raise Refusal(BAD_INPUT, f"no tensors by name under '{key}'", f"there are: {known}")
        left += [name for name in loaded if name != key]
        loaded = loaded[key]
    seen = []
    while found := [name for name in WRAPPERS if isinstance(loaded.get(name), dict)]:
        if any(loaded is outer for outer in seen):  # a pickle may hold itself
            raise Refusal(BAD_INPUT, f"'{found[0]}' holds itself")
        seen.append(loaded)
        if len(found) > 1:
            raise Refusal(BAD_INPUT, f"weights under both '{found[0]}' and '{found[1]}'",
                          "say which with --key")
        left += [name for name in loaded if name != found[0]]
        loaded = loaded[found[0]]
    return loaded, left


def named_tensors(weights, is_dense):
    """The tensors without a `module.` that all names have; anything else is refused."""
    if not weights:
        raise Refusal(BAD_INPUT, "holds no tensors")
    for name, value in weights.items():
        if not isinstance(name, str):
            raise Refusal(BAD_INPUT, f"a name is a {type(name).__name__}: {name!r:.60}")
        if name.removeprefix(PREFIX) == RESERVED:
            raise Refusal(BAD_INPUT, f"{name!r:.60} is no name of a tensor in safetensors")
        if isinstance(value, dict):
            raise Refusal(BAD_INPUT, f"{name!r:.60} holds a dictionary, not a tensor",
                          "say which weights to take with --key")
        if not is_dense(value):
            raise Refusal(BAD_INPUT, f"{name!r:.60} is a {type(value).__name__}, not a dense tensor")
    if all(name.startswith(PREFIX) for name in weights):
        return {name.removeprefix(PREFIX): value for name, value in weights.items()}
    return dict(weights)


def load(path):
    import torch  # pylint: disable=import-outside-toplevel

    warnings.simplefilter("ignore")  # what matters is said in our own line
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # Of the reason only the name that it wanted; the rest is advice to run its code.
        wanted = str(error).partition("Unsupported global: GLOBAL ")[2].split(" ")[0]
        what = f"holds more than weights: {wanted:.80}" if wanted else "no checkpoint of weights"
        raise Refusal(BAD_INPUT, what,
                      "a file that needs code to load can do anything; ask its authors for "
                      "safetensors") from None
    except OSError as error:
        raise Refusal(IO, f"cannot be read: {error.strerror or error}") from None
    except (RuntimeError, ValueError, EOFError, KeyError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise Refusal(BAD_INPUT, f"not a PyTorch checkpoint: {reason:.200}") from None


def save(tensors, path):
    import safetensors.torch  # pylint: disable=import-outside-toplevel

    # Of this process alone: another may write the same output.
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    # A copy of each: safetensors refuses tensors that share memory, as tied weights do.
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        copies = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
        safetensors.torch.save_file(copies, aside, metadata={"format": "pt"})
        os.replace(aside, path)
    except FileExistsError as error:  # of mkdir
        raise Refusal(IO, f"{path}: cannot be written: {error.filename} is no folder") from None
    except OSError as error:
        what = "" if error.filename in (None, str(path), str(aside)) else f"{error.filename}: "
        raise Refusal(IO, f"{path}: cannot be written: {what}{error.strerror or error}") from None
    except safetensors.SafetensorError as error:  # it writes, so a full disk is among its errors
        raise Refusal(IO, f"{path}: cannot be written: {error}") from None
    except (ValueError, RuntimeError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise Refusal(BAD_INPUT, f"{path}: cannot be written: {reason:.200}") from None
    finally:
        # Where the folder could not be made, there is nothing to remove.
        with contextlib.suppress(OSError):
            aside.unlink()


def convert(args):
    if args.output.suffix != ".safetensors":
        raise Refusal(USAGE, f"{args.output}: the output's name must end in .safetensors")
    if not args.input.is_file():
        raise Refusal(IO, f"{args.input}: no such file")
    try:
        import safetensors.torch  # pylint: disable=import-outside-toplevel
        import torch  # pylint: disable=import-outside-toplevel
    except ImportError as error:
        raise Refusal(RESOURCES, f"{error.name or error} is missing",
                      "python3 -m venv env && env/bin/pip install torch safetensors, then run "
                      "this with env/bin/python") from None
    try:
        weights, left = unwrap(load(args.input), args.key)
        tensors = named_tensors(weights, lambda value: isinstance(value, torch.Tensor)
                                and value.layout == torch.strided and not value.is_quantized)
    except Refusal as refusal:
        raise Refusal(refusal.code, f"{args.input}: {refusal}", refusal.hint) from None
    save(tensors, args.output)
    if left:
        print(f"note: left out {', '.join(map(str, left)):.200}", file=sys.stderr)
    print(f"{args.output}: {len(tensors)} tensors", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", type=Path, help="a checkpoint, such as model.pth")
    parser.add_argument("output", type=Path, help="what to write, such as model.safetensors")
    parser.add_argument("--key", help="take the weights under this key")
    try:
        convert(parser.parse_args())
    except Refusal as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        if refusal.hint:
            print(f"hint: {refusal.hint}", file=sys.stderr)
        return refusal.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
