#!/usr/bin/env python3
"""Times the libraries of a pack against torch.compile and ONNX Runtime on a GPU, paired, and products
of the linears' shapes by cuBLAS. tools/gpu_check.sh calls it.

    python3 bench_gpu.py PACK -o peers.json --seconds 200

A cell is a library and a batch: all programs get random weights from a seed and the same images,
which lie on the device. In every round each program in random order runs for a burst, one batch
behind the other on a stream; the ratio of two programs is the median over the rounds' ratios. The file
is written after every cell: where time is over, what was not measured is named.

Needs torch with CUDA.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import random
import re
import time
from pathlib import Path

from bench.figures import figures

# First those with aims of their own.
MODELS = ("vit_base_patch16_224", "vit_small_patch16_224", "vit_tiny_patch16_224")
BATCHES = (1, 256, 8, 32)
ROUNDS = 9
BURST = 0.03  # seconds: a wait for the device is some 10 us of it
CUBLAS_PART = 0.1  # of the time
MOST_OF_A_CELL = 90  # seconds that a search for the fastest kernels may take, about


def cells(pack):
    """Name of the cell: library's folder, model, precision, batch."""
    found = {}
    for batch in BATCHES:
        for model in MODELS:
            for precision in ("f16", "bf16"):
                folder = Path(pack) / "speed" / f"{model}_{precision}"
                if next(folder.glob("*.weights"), None):
                    found[f"{folder.name}:{batch}"] = folder, model, precision, batch
    return found


def linears(pack):
    """{"rows:k:n:precision": (rows, k, n, precision)} of all libraries' 16-bit linears."""
    shapes = {}
    for manifest in sorted(Path(pack).glob("speed/*/*.manifest.json")):
        for kernel in json.loads(manifest.read_text(encoding="utf-8"))["kernels"]:
            op, _, text = kernel["spec"].partition("(")
            fields = dict(re.findall(r"(\w+)=([^,)]*)", text))
            if op == "linear" and fields.get("storage") in ("f16", "bf16"):
                shape = int(fields["rows"]), int(fields["k"]), int(fields["n"])
                shapes[":".join([*map(str, shape), fields["storage"]])] = *shape, fields["storage"]
    return shapes


def burst_ms(run, wait, seconds):
    """Milliseconds of one run in a burst of runs that takes about so long."""
    run()
    wait()
    begin = time.perf_counter()
    run()
    wait()
    count = max(1, round(seconds / (time.perf_counter() - begin)))
    begin = time.perf_counter()
    for _ in range(count):
        run()
    wait()
    return 1e3 * (time.perf_counter() - begin) / count


def measure(programs, wait, rounds=ROUNDS, seconds=BURST):
    """The figures of programs, {name: run}, one of which is vitgen."""
    ms = {name: [] for name in programs}
    for _ in range(rounds):
        for name in random.sample(sorted(programs), len(programs)):
            ms[name].append(burst_ms(programs[name], wait, seconds))
    return figures(ms, {name: min(values) for name, values in ms.items()})


def run_cell(folder, model, precision, batch, left):
    import torch

    from bench import gpu_models

    images = torch.randn(batch, *gpu_models.IMAGE, device="cuda")
    skipped = []
    mode = "max-autotune" if left > MOST_OF_A_CELL else "reduce-overhead"
    stream = torch.cuda.Stream()
    with torch.inference_mode(), torch.cuda.stream(stream):
        own = gpu_models.vitgen(folder, images, stream)
        programs = {"vitgen": own,
                    "torch_compile": gpu_models.torch_compile(model, precision, images, mode)}
        if importlib.util.find_spec("onnxruntime"):
            try:
                programs["onnxruntime"] = gpu_models.onnxruntime(model, precision, images)
            except Exception as error:  # whatever it lacks, the others are timed
                skipped.append(f"onnxruntime: {str(error).splitlines()[0][:200]}")
        for run in programs.values():
            for _ in range(3):  # compiles, records a graph, replays it
                run()
        result = {"mode": mode, "figures": measure(programs, torch.cuda.synchronize)}
        if not torch.isfinite(own.logits).all():
            skipped.append("the logits are no numbers")
        own.close()
    torch._dynamo.reset()
    torch.cuda.empty_cache()
    return result | ({"skipped": skipped} if skipped else {})


def cublas_tflops(shapes, seconds):
    """TFLOP/s by the products' names, as many as the time allows."""
    import torch

    from bench import gpu_models

    rates = {}
    begin = time.monotonic()
    for name, (rows, k, n, precision) in shapes.items():
        if time.monotonic() - begin > seconds:
            break
        run = gpu_models.product(rows, k, n, precision)
        ms = min(burst_ms(run, torch.cuda.synchronize, 0.01) for _ in range(3))
        rates[name] = 2e-9 * rows * k * n / ms
    return rates


def versions():
    import torch

    found = {"torch": torch.__version__, "cuda of torch": str(torch.version.cuda)}
    if importlib.util.find_spec("onnxruntime"):
        found["onnxruntime"] = importlib.metadata.version("onnxruntime")
    return found


def run_all(pack, seconds, save):
    """Measures until the time is over; `save` gets all there is after each cell."""
    end = time.monotonic() + seconds
    report = {"schema": 1, "versions": versions(), "cublas_tflops": {}, "cells": {}, "skipped": []}
    report["cublas_tflops"] = cublas_tflops(linears(pack), CUBLAS_PART * seconds)
    longest = 0
    for name, cell in cells(pack).items():
        begin = time.monotonic()
        left = end - begin
        if left < longest:
            report["skipped"].append(f"{name}: no time left")
            continue
        try:
            report["cells"][name] = run_cell(*cell, left)
        except Exception as error:  # one cell that fails costs no other
            report["skipped"].append(f"{name}: {str(error).splitlines()[0][:200]}")
        longest = max(longest, time.monotonic() - begin)
        save(report)
    save(report)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", help="what tools/gpu_check.sh pack wrote")
    parser.add_argument("--seconds", type=float, default=200, help="for all of it (%(default)s)")
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON of all figures")
    arguments = parser.parse_args()
    run_all(arguments.pack, arguments.seconds,
            lambda report: arguments.output.write_text(json.dumps(report, indent=1)))


if __name__ == "__main__":
    main()
