#!/usr/bin/env python3
"""Write images/ (two test images of each class) and expected/ (what PyTorch makes of them).

images/NN_label.png              grayscale 28x28, in the order of the test set; index.csv says which
expected/t10k_classes.txt        one digit for each of the 10,000 test images: PyTorch's class
expected/sample_logits_f32.npy   [20, 10] logits of images/*.png in name order, in float32
expected/sample_logits_f64.npy   the same in float64, from the same float32 weights and input
"""

import argparse
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image

import dataset

HERE = Path(__file__).resolve().parent
PER_CLASS = 2
BATCH = 500


def choose(labels):
    """Indices of the first PER_CLASS test images of each class, ascending."""
    firsts = [np.flatnonzero(labels == c)[:PER_CLASS] for c in range(len(dataset.LABELS))]
    return np.sort(np.concatenate(firsts))


def file_name(number, label):
    return f"{number:02}_{dataset.LABELS[label].replace(' ', '-').replace('/', '-')}.png"


def write_images(folder, images, labels, indices):
    folder.mkdir(exist_ok=True)
    lines = ["file,test_index,class,label"]
    for number, index in enumerate(indices):
        name = file_name(number, labels[index])
        Image.fromarray(images[index]).save(folder / name, optimize=True)
        lines.append(f"{name},{index},{labels[index]},{dataset.LABELS[labels[index]]}")
    (folder / "index.csv").write_text("\n".join(lines) + "\n")


def logits_of(model, images, dtype):
    model = model.to(dtype)
    with torch.inference_mode():
        parts = [model(torch.from_numpy(dataset.normalise(images[i:i + BATCH])).to(dtype))
                 for i in range(0, len(images), BATCH)]
    return torch.cat(parts).numpy()


def write_expected(folder, model, images, labels, indices):
    folder.mkdir(exist_ok=True)
    classes = logits_of(model, images, torch.float32).argmax(1)
    (folder / "t10k_classes.txt").write_text("".join(map(str, classes)) + "\n")
    for name, dtype in (("f32", torch.float32), ("f64", torch.float64)):
        np.save(folder / f"sample_logits_{name}.npy", logits_of(model, images[indices], dtype))
    print(f"accuracy on the {len(labels)} test images: {100 * (classes == labels).mean():.2f} %")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=dataset.DEFAULT_DIR, help="IDX files")
    parser.add_argument("--model", type=Path, default=HERE, help="folder of model.safetensors")
    parser.add_argument("--out", type=Path, default=HERE)
    args = parser.parse_args()
    images, labels = dataset.load("t10k", args.data)
    indices = choose(labels)
    write_images(args.out / "images", images, labels, indices)
    model = timm.create_model(f"local-dir:{args.model}", pretrained=True).eval()
    write_expected(args.out / "expected", model, images, labels, indices)


if __name__ == "__main__":
    main()
