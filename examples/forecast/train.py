#!/usr/bin/env python3
"""Train PatchMixer on the series that series.py makes, and compare it with naive forecasts.

It trains on 2021 to 2023. After each epoch the first half of 2024 is forecast; the epoch that does
this best is kept, and training ends when several have brought nothing better. The second half of
2024 is the test: nothing is chosen by it. A forecast belongs to the part that its 48 hours lie in.
The same seed, thread count and library versions give the same file.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

# Waiting threads sleep: the machine may be shared with other work. Read when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

import series  # noqa: E402
from patch_mixer import PatchMixer  # noqa: E402

HERE = Path(__file__).resolve().parent
DAY, WEEK = 24, 7 * 24
CONFIG = {
    "model": "PatchMixer", "seq_len": 2 * WEEK, "pred_len": 2 * DAY,
    "enc_in": len(series.VARIABLES), "patch_len": DAY, "stride": DAY // 2, "d_model": 32,
    "e_layers": 1, "mixer_kernel_size": 9,
}
LENGTH, HORIZON = CONFIG["seq_len"], CONFIG["pred_len"]
LICENCE = "Apache-2.0 WITH LLVM-exception"


def load(seed):
    """The series [hours, variables] and, of each part, the first hours of its forecasts."""
    rows = series.make(seed)
    values = torch.tensor([loads for _, loads in rows])
    times = [moment for moment, _ in rows]
    ends = [times.index(series.TRAIN_END), times.index(series.VALIDATION_END), len(times)]
    begins = [LENGTH, *ends[:-1]]
    return values, [torch.arange(b, e - HORIZON + 1) for b, e in zip(begins, ends)]


def windows(values, begins):
    """What the model sees before each of these hours, and what comes then."""
    hours = torch.arange(-LENGTH, HORIZON)
    both = values[begins[:, None] + hours]
    return both[:, :LENGTH], both[:, LENGTH:]


def errors(forecast, values, begins, batch=512):
    """Mean absolute and mean squared error of forecast(past) over all these windows."""
    absolute = squared = 0.0
    for part in begins.split(batch):
        past, future = windows(values, part)
        difference = (forecast(past) - future).double()
        absolute += difference.abs().sum().item()
        squared += difference.square().sum().item()
    count = len(begins) * HORIZON * values.shape[1]
    return absolute / count, squared / count


def naive(period):
    """What was `period` hours ago comes again; with 1 the last value stays."""
    def forecast(past):
        return past[:, [LENGTH - period + hour % period for hour in range(HORIZON)]]
    return forecast


def model_errors(model, values, begins):
    model.eval()
    with torch.inference_mode():
        return errors(model, values, begins)


def show(text):
    print(text, file=sys.stderr, flush=True)


def run_epoch(model, optimizer, scheduler, values, begins, args, generator):
    """The mean of half the absolute and half the squared error, each variable in deviations."""
    model.train()
    scale = values[:begins[-1] + HORIZON].std(0)
    order = begins[torch.randperm(len(begins), generator=generator)]
    total = 0.0
    steps = len(order) // args.batch
    for part in order[:steps * args.batch].split(args.batch):
        past, future = windows(values, part)
        difference = (model(past) - future) / scale
        loss = 0.5 * (difference.abs().mean() + difference.square().mean())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item()
    return total / steps


def train(model, values, parts, args):
    """Trains in place; the model has the weights of the best epoch then."""
    generator = torch.Generator().manual_seed(args.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=args.weight_decay)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, args.lr, args.epochs * (len(parts[0]) // args.batch))
    best, best_epoch, best_state = float("inf"), 0, None
    for epoch in range(args.epochs):
        start = time.monotonic()
        loss = run_epoch(model, optimizer, scheduler, values, parts[0], args, generator)
        mae, mse = model_errors(model, values, parts[1])
        kept = mse < best
        if kept:
            best, best_epoch = mse, epoch
            best_state = {key: value.clone() for key, value in model.state_dict().items()}
        show(f"epoch {epoch + 1}/{args.epochs} loss {loss:.4f} validation MAE {mae:.4f} "
             f"MSE {mse:.4f}{' (best)' if kept else ''} {time.monotonic() - start:.0f} s")
        if epoch - best_epoch >= args.patience:
            break
    model.load_state_dict(best_state)


def print_table(model, values, begins):
    rows = {
        "PatchMixer": model_errors(model, values, begins),
        "same hour last week": errors(naive(WEEK), values, begins),
        "same hour yesterday": errors(naive(DAY), values, begins),
        "last value": errors(naive(1), values, begins),
    }
    print(f"{len(begins)} forecasts of {HORIZON} hours    MAE     MSE")
    for name, (mae, mse) in rows.items():
        print(f"{name:<27} {mae:7.3f} {mse:7.3f}")


def save(model, directory):
    """What vitgen reads: the number of batches that a norm has seen is of no use to it."""
    tensors = {key: value.contiguous() for key, value in model.state_dict().items()
               if not key.endswith("num_batches_tracked")}
    save_file(tensors, directory / "model.safetensors",
              metadata={"format": "pt", "license": LICENCE})
    (directory / "model.safetensors").chmod(0o644)
    (directory / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n", encoding="utf-8")


def make_writable(directory):
    """Training takes minutes: that its result can be kept must be known before."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        sys.exit(f"error: {directory}: cannot be written: {error.strerror or error}")


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE, help="where the model is written")
    parser.add_argument("--epochs", type=int, default=30, help="at most")
    parser.add_argument("--patience", type=int, default=8, help="epochs without a better one")
    parser.add_argument("--batch", type=int, default=128, help="windows a step")
    parser.add_argument("--lr", type=float, default=3e-3, help="peak rate of AdamW")
    parser.add_argument("--weight-decay", type=float, default=0.05, help="of AdamW")
    parser.add_argument("--dropout", type=float, default=0.1, help="while training")
    parser.add_argument("--seed", type=int, default=1, help="of weights and order")
    parser.add_argument("--series-seed", type=int, default=1, help="of series.py")
    parser.add_argument("--threads", type=int, default=2, help="of torch")
    return parser.parse_args()


def main():
    args = parse_args()
    make_writable(args.out)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    torch.use_deterministic_algorithms(True)
    sizes = {key: value for key, value in CONFIG.items() if key != "model"}
    model = PatchMixer(**sizes, dropout=args.dropout)
    values, parts = load(args.series_seed)
    show(f"{sum(p.numel() for p in model.parameters())} parameters, torch {torch.__version__}, "
         f"{args.threads} threads")
    train(model, values, parts, args)
    print_table(model, values, parts[2])
    save(model, args.out)


if __name__ == "__main__":
    main()
