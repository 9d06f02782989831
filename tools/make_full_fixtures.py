#!/usr/bin/env python3
"""Logits of full-size models whose weights come from a seed that Python and C++ share.

Nothing but the logits is stored: tests make the same weights and input from the formula in
generators/weights/random_weights.h, which is written down again here in NumPy. Writes
tests/fixtures/full/<architecture>_<output>_{f32,f64}.npy.

    python tools/make_full_fixtures.py            (needs timm and torch; a few minutes)
"""

import argparse
import pathlib

import numpy as np
import timm
import torch

from fixtures import irpe

SEED = 1
INPUT_NAME = "input_tokens"  # the formula gives such a name mean 0 and deviation 0.5
OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "full"
# Architecture, input edge, what to store.
MODELS = [
    ("vit_tiny_patch16_224", 224, "logits"),
    ("vit_small_patch16_224", 224, "logits"),
    ("vit_small_patch14_dinov2", 518, "pooled"),
    ("tnt_s_patch16_224", 224, "logits"),
    ("tnt_s_legacy_patch16_224", 224, "logits"),
]
# iRPE's DeiT-S, which no library has: its word and the name of its files.
RELATIVE = ("rpe-1.9-product-ctx-1-qkv", "irpe_small_qkv")
SMALL = dict(channels=3, image_h=224, image_w=224, patch_h=16, patch_w=16, width=384, depth=12,
             heads=6, mlp=1536, classes=1000)
MASK = 0xFFFFFFFFFFFFFFFF


def mix(z):
    z = np.uint64(z)
    with np.errstate(over="ignore"):
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def fnv(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK
    return value


def spread(name, shape):
    if any(word in name for word in ("pos_embed", "position_embedding", "token")):
        return 0.0, 0.5
    if name.endswith(("bias", "beta")):
        return 0.0, 0.1
    if len(shape) <= 1:
        return 1.0, 0.1
    return 0.0, 1.0 / np.sqrt(float(np.prod(shape[1:])))


def random_values(name, shape, seed):
    """The tensor `name` of random_weights.h, bit for bit."""
    mean, deviation = spread(name, shape)
    index = np.arange(1, int(np.prod(shape)) + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        key = mix(np.uint64(seed ^ fnv(name)))
        bits = np.zeros(len(index), dtype=np.uint64)
        bits = key + index * np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        bits = bits ^ (bits >> np.uint64(31))
    parts = sum((bits >> np.uint64(s)) & np.uint64(0xFFFF) for s in (0, 16, 32, 48))
    total = parts.astype(np.int64) - 131070
    scale = np.float64(np.float32(deviation / np.sqrt((2.0**32 - 1) / 3)))
    return (mean + total.astype(np.float64) * scale).astype(np.float32).reshape(shape)


def store(name, compute):
    """What `compute` gives for an image in float32 and in float64."""
    with torch.no_grad():
        for suffix, dtype in (("f32", torch.float32), ("f64", torch.float64)):
            np.save(OUT / f"{name}_{suffix}.npy", compute(dtype).numpy())


def input_of(edge):
    return torch.from_numpy(random_values(INPUT_NAME, (1, 3, edge, edge), SEED))


def store_relative():
    word, name = RELATIVE
    relative = irpe.Relative(word)
    tensors = {key: torch.from_numpy(random_values(key, shape, SEED))
               for key, shape in irpe.shapes_of(SMALL, relative).items()}
    store(f"{name}_logits", lambda dtype: irpe.forward(
        {key: value.to(dtype) for key, value in tensors.items()}, input_of(224).to(dtype), SMALL,
        relative)["logits"])


def main():
    argparse.ArgumentParser(description=__doc__,
                            formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    for architecture, edge, output in MODELS:
        model = timm.create_model(architecture, num_classes=1000 if output == "logits" else 0)
        state = {name: torch.from_numpy(random_values(name, tuple(tensor.shape), SEED))
                 for name, tensor in model.state_dict().items()}
        model.load_state_dict(state)
        model.eval()
        store(f"{architecture}_{output}",
              lambda dtype: model.to(dtype)(input_of(edge).to(dtype)))
        print(f"{architecture}: {output}, torch {torch.__version__}, timm {timm.__version__}")
    store_relative()


if __name__ == "__main__":
    main()
