#!/usr/bin/env python3
"""Times generated libraries against PyTorch, ONNX Runtime and OpenVINO, paired.

    python3 tools/bench_peers.py --vitgen build/release/tools/vitgen/vitgen -o results.json
    python3 tools/bench_peers.py --cells vit_tiny_patch16_224:1:1 --before out/older ...

A cell is a model, a number of threads and a batch: all programs get the same seeded weights, the
same normally distributed input, f32, and as many CPUs as threads. Each program is a process that
keeps its model loaded; they run one at a time, in bursts, in a random order anew in every round. A
round gives each program the median of its burst, and its ratio to the others of the same round: slow
drifts of the machine cancel. Printed and saved are the median of these ratios over the rounds with
a 95 % bootstrap interval, the least milliseconds of each, and what part that is of the multiply-adds
that the same threads reach before and after the rounds; at the end the geometric mean of the ratios
to each cell's best peer, and how much faster two threads are.

Needs torch, timm, safetensors, onnx, onnxscript, onnxruntime, openvino (PyPI).
"""

import argparse
import datetime
import importlib.util
import json
import math
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import figures, summary, table

HERE = Path(__file__).resolve().parent
PEERS = ["torch_eager", "torch_inductor", "onnxruntime", "openvino"]
CELLS = [f"{model}:{threads}:{batch}"
         for model in ("vit_tiny_patch16_224", "vit_small_patch16_224", "vit_base_patch16_224")
         for threads in (1, 2) for batch in (1, 8)]
CELLS += [f"{model}:{threads}:1"
          for model in ("vit_small_patch14_dinov2", "deit_small_irpe_k", "tnt_s_patch16_224")
          for threads in (1, 2)]
CELLS += [f"patch_mixer_7_{horizon}:2:128" for horizon in (96, 720)]
PAUSE = 0.05  # seconds after a burst, until the last program's spinning threads sleep


# ---- a cell's files ------------------------------------------------------------------------

def make_model(architecture, folder):
    """Seeded weights on disk; the model and the shape of one input."""
    import torch

    from bench.models import create, input_shape, save

    torch.manual_seed(1)
    model = create(architecture)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    save(architecture, model, folder)
    return model, input_shape(architecture, model)


def export_onnx(model, images, path):
    import torch

    torch.onnx.export(model, (torch.from_numpy(images),), path, dynamo=True, verbose=False,
                      external_data=True)


def generate(arguments, folder, batch, output):
    from bench.models import generate_options

    subprocess.run([arguments.vitgen, "generate", "-q", "-m", folder, "--target", "host", "--batch",
                    str(batch), "--name", "bench", "-o", output,
                    *generate_options(folder.name), *arguments.generate], check=True)


def prepare(arguments, cell, work):
    architecture, threads, batch = cell.split(":")
    folder = work / architecture
    folder.mkdir(exist_ok=True)
    model, size = make_model(architecture, folder)
    import numpy as np

    from bench.models import arguments_of, output_shape

    images = np.random.default_rng(2).standard_normal((int(batch), *size), np.float32)
    files = work / cell.replace(":", "_")
    files.mkdir()
    np.save(files / "input.npy", images)
    if {"onnxruntime", "openvino"} & set(arguments.peers):
        export_onnx(model, images, files / "model.onnx")
    generate(arguments, folder, batch, files / "library")
    description = {
        "architecture": architecture, "arguments": arguments_of(model),
        "outputs": output_shape(architecture, model),
        "threads": int(threads), "weights": str(folder / "model.safetensors"),
        "input": str(files / "input.npy"), "onnx": str(files / "model.onnx"),
        "library": str(files / "library"), "library_before": arguments.before}
    (files / "cell.json").write_text(json.dumps(description))
    return files / "cell.json", description


# ---- the programs --------------------------------------------------------------------------

class Worker:
    def __init__(self, name, cell_file, cpus):
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, HERE / "bench/worker.py", name, cell_file], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus))

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"error: {self.name} ended:\n{self.process.stderr.read()[-3000:]}")
        return json.loads(line)

    def ask(self, question):
        print(question, file=self.process.stdin, flush=True)
        return self.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def check_logits(workers):
    """All programs compute the same function, or their times mean nothing. Programs in f32 differ by
    some 1e-6; by how much each is off is not asked here."""
    logits = {w.name: w.ask("logits")["logits"] for w in workers}
    first = logits[workers[0].name]
    for name, values in logits.items():
        error = math.dist(values, first) / math.hypot(*first)
        if not error < 1e-4:
            raise SystemExit(f"error: {name} differs from {workers[0].name} by {error:.1e}")


def measure(workers, seconds, rounds, progress):
    """For each program the medians of its bursts, by round."""
    medians = {w.name: [] for w in workers}
    least = dict.fromkeys(medians, float("inf"))
    progress(0)
    for turn in range(rounds):
        for worker in random.sample(workers, len(workers)):
            times = worker.ask(f"burst {seconds}")["ns"]
            medians[worker.name].append(statistics.median(times) / 1e6)
            least[worker.name] = min(least[worker.name], min(times) / 1e6)
            time.sleep(PAUSE)
        progress(turn + 1)
    return medians, least


# ---- the run's description ----------------------------------------------------------------

def cpu_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def versions(peers):
    from importlib.metadata import version
    packages = {"torch_eager": "torch", "onnxruntime": "onnxruntime", "openvino": "openvino"}
    used = {"torch_eager" if p == "torch_inductor" else p for p in peers}
    return {p: version(packages[p]) for p in packages if p in used}


# ---- the command ---------------------------------------------------------------------------

def require_packages(peers):
    """One line instead of a traceback halfway through."""
    needed = ["numpy", "torch", "timm", "safetensors"]
    needed += ["onnx", "onnxscript"] if {"onnxruntime", "openvino"} & set(peers) else []
    needed += [peer for peer in ("onnxruntime", "openvino") if peer in peers]
    absent = [name for name in needed if importlib.util.find_spec(name) is None]
    if absent:
        raise SystemExit(f"error: not installed: {', '.join(absent)}\n"
                         f"hint: {sys.executable} -m pip install {' '.join(absent)}, "
                         "best in a virtual environment")


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vitgen", default="build/release/tools/vitgen/vitgen",
                        help="the generator (%(default)s)")
    parser.add_argument("--cells", nargs="+", default=CELLS, metavar="MODEL:THREADS:BATCH",
                        help="what to measure (%d cells)" % len(CELLS))
    parser.add_argument("--peers", nargs="*", default=PEERS, choices=PEERS, metavar="PEER",
                        help="of %(choices)s (all)")
    parser.add_argument("--before", help="a library's folder: another vitgen's, as one more program")
    parser.add_argument("--generate", nargs="*", default=[], help="more words for vitgen generate")
    parser.add_argument("--rounds", type=int, default=15, help="(%(default)s)")
    parser.add_argument("--burst", type=float, default=0.5, help="seconds (%(default)s)")
    parser.add_argument("-o", "--output", type=Path, help="JSON of all figures")
    return parser.parse_args()


def machine_peak(arguments, description, batch, cpus):
    """GFLOP of a run of this cell, and the GF/s of multiply-adds that its threads reach now."""
    result = subprocess.run(
        [arguments.vitgen, "bench", description["library"], "--threads", str(description["threads"]),
         "--batch", batch, "--runs", "1", "--steps", "none", "--format", "json"],
        check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, cpus))
    report = json.loads(result.stdout)
    run = report["cells"][0]
    return run["gflops"] * run["ms"]["p50"] / 1e3, report["machine"]["peaks"][0]["gflops"]


def run_cell(arguments, cell, work):
    def progress(turn):
        print(f"\r{cell}: round {turn} of {arguments.rounds} ", end="", file=sys.stderr, flush=True)

    print(f"{cell}: making models and libraries", file=sys.stderr)
    cell_file, description = prepare(arguments, cell, work)
    names = ["vitgen"] + (["vitgen_before"] if arguments.before else []) + arguments.peers
    cpus = sorted(os.sched_getaffinity(0))[:description["threads"]]
    workers = []
    for name in names:  # one after the other: compiling is work, too
        workers.append(Worker(name, cell_file, cpus))
        workers[-1].read()
    check_logits(workers)
    batch = cell.split(":")[2]
    peaks = [machine_peak(arguments, description, batch, cpus)]
    medians, least = measure(workers, arguments.burst, arguments.rounds, progress)
    peaks.append(machine_peak(arguments, description, batch, cpus))
    for worker in workers:
        worker.close()
    print(file=sys.stderr)
    return {"bursts_ms": medians, "figures": figures(medians, least), "gflop": peaks[0][0],
            "peak_gflops": max(peak for _, peak in peaks)}


def main():
    arguments = parse()
    require_packages(arguments.peers)
    if not shutil.which(arguments.vitgen):
        raise SystemExit(f"error: no program {arguments.vitgen}\n"
                         "hint: build it (tools/quickstart.sh does), or name it with --vitgen")
    cells = {}
    report = {"schema": 1, "cpu": cpu_name(), "date": datetime.date.today().isoformat(),
              "versions": versions(arguments.peers), "cells": cells}
    with tempfile.TemporaryDirectory() as work:
        for cell in arguments.cells:
            cells[cell] = run_cell(arguments, cell, Path(work))
            if arguments.output:
                arguments.output.write_text(json.dumps(report, indent=1))
            print(table({cell: cells[cell]}), flush=True)
    print("\n" + table(cells) + "\n\n" + summary(cells))


if __name__ == "__main__":
    main()
