#!/usr/bin/env python3
"""Logits of full-size models whose weights come from a seed that Python and C++ share.

Nothing but the logits is stored: tests make the same weights and input from the formula in
generators/weights/random_weights.h, which is written down again here in NumPy. Writes
tests/fixtures/full/<architecture>_<output>_{f32,f64}.npy, and for models that no architecture of
timm stands for <name>.json with their tensors, config and inputs.

    python tools/make_full_fixtures.py            (needs timm, transformers and torch; some minutes)
    python tools/make_full_fixtures.py drop_pos_base ...        (only these)
"""

import argparse
import json
import pathlib

import numpy as np
import timm
import torch

from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection, ViTConfig
from transformers import ViTForImageClassification, ViTMAEConfig, ViTMAEModel

from fixtures import drop_pos, google_vit, irpe, patch_mixer, rotary

SEED = 1
INPUT_NAME = "input_tokens"  # the formula gives such a name mean 0 and deviation 0.5
OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "full"
# Architecture, input edge, what to store.
MODELS = [
    ("vit_tiny_patch16_224", 224, "logits"),
    ("vit_small_patch16_224", 224, "logits"),
    ("vit_small_patch14_dinov2", 518, "pooled"),
    ("vit_small_patch16_dinov3", 256, "pooled"),
    ("eva02_tiny_patch14_224", 224, "logits"),
    ("beit_base_patch16_224", 224, "logits"),
    ("tnt_s_patch16_224", 224, "logits"),
    ("tnt_s_legacy_patch16_224", 224, "logits"),
    ("tnt_b_patch16_224", 224, "logits"),
    ("deit_tiny_distilled_patch16_224", 224, "logits"),
    ("vit_small_patch14_reg4_dinov2", 518, "pooled"),
    ("vit_base_patch16_siglip_224", 224, "pooled"),
]
# iRPE's DeiT, which no library has: name of its files, heads (of 64 channels) and its word.
RELATIVE = [
    ("irpe_tiny_k", 3, "rpe-1.9-product-ctx-1-k"),
    ("irpe_small_qkv", 6, "rpe-1.9-product-ctx-1-qkv"),
    ("irpe_base_qk", 12, "rpe-1.9-product-ctx-1-qk"),
]
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


def deit_sizes(heads):
    width = 64 * heads
    return dict(channels=3, image_h=224, image_w=224, patch_h=16, patch_w=16, width=width,
                depth=12, heads=heads, mlp=4 * width, classes=1000)


def store_relative(name, heads, word):
    relative, sizes = irpe.Relative(word), deit_sizes(heads)
    tensors = {key: torch.from_numpy(random_values(key, shape, SEED))
               for key, shape in irpe.shapes_of(sizes, relative).items()}
    store(f"{name}_logits", lambda dtype: irpe.forward(
        {key: value.to(dtype) for key, value in tensors.items()}, input_of(224).to(dtype), sizes,
        relative)["logits"])


# ---- models that no architecture of timm stands for -----------------------------------------

def seeded_inputs(shapes):
    """An input's values follow from its name; shapes are those of one image or series."""
    return {name: random_values(f"{INPUT_NAME}.{name}", (1, *shape), SEED)
            for name, shape in shapes.items()}


def store_described(name, tensors, config, inputs, compute):
    """`compute(weights, inputs, dtype)` gives the outputs by name, as NumPy arrays."""
    weights = {key: random_values(key, shape, SEED) for key, shape in tensors.items()}
    values = seeded_inputs(inputs)
    for suffix, dtype in (("f32", np.float32), ("f64", np.float64)):
        outputs = compute({key: value.astype(dtype) for key, value in weights.items()},
                          {key: value.astype(dtype) for key, value in values.items()})
        for output, value in outputs.items():
            np.save(OUT / f"{name}_{output}_{suffix}.npy", np.ascontiguousarray(value))
    description = {"config": config, "inputs": inputs, "outputs": list(outputs),
                   "tensors": {key: list(shape) for key, shape in tensors.items()}}
    (OUT / f"{name}.json").write_text(json.dumps(description, indent=0) + "\n")


def store_module(name, model, config, inputs, call):
    """A PyTorch module; `call(model, *inputs)` gives the outputs by name. Buffers that are not
    floating point are left as they are, in the file and in the model."""
    model.eval()
    tensors = {key: tuple(value.shape) for key, value in model.state_dict().items()
               if value.is_floating_point()}

    def compute(weights, values):
        model.load_state_dict({key: torch.from_numpy(value) for key, value in weights.items()},
                              strict=False, assign=True)
        with torch.no_grad():
            outputs = call(model, *[torch.from_numpy(value) for value in values.values()])
        return {key: value.numpy() for key, value in outputs.items()}

    store_described(name, tensors, config, inputs, compute)


def settings(config):
    """Of transformers, without the names of a thousand classes."""
    words = {key: value for key, value in config.to_dict().items() if "label" not in key}
    return {**words, "num_labels": config.num_labels}


def hf_vit_b32():
    config = ViTConfig(patch_size=32, num_labels=1000, architectures=["ViTForImageClassification"])
    store_module("hf_vit_b32", ViTForImageClassification(config), settings(config),
                 {"image": (3, 224, 224)}, lambda m, x: {"logits": m(x).logits})


def hf_clip_b32():
    config = CLIPVisionConfig(projection_dim=512, patch_size=32,
                              architectures=["CLIPVisionModelWithProjection"])
    store_module("hf_clip_b32", CLIPVisionModelWithProjection(config), settings(config),
                 {"image": (3, 224, 224)}, lambda m, x: {"logits": m(x).image_embeds})


def hf_mae_b16():
    """The encoder: with no patch left out the random order of the patches does not matter to [CLS]."""
    config = ViTMAEConfig(mask_ratio=0.0, architectures=["ViTMAEModel"])
    store_module("hf_mae_b16", ViTMAEModel(config), settings(config), {"image": (3, 224, 224)},
                 lambda m, x: {"pooled": m(x).last_hidden_state[:, 0]})


def google_ti16():
    """Ti/16 under the names of Google's files, whose layouts are flax's."""
    google_vit.SIZES = {"width": 192, "depth": 12, "heads": 3, "mlp": 768, "classes": 1000}
    names = google_vit.GOOGLE
    tensors = google_vit.shapes_of(names, grid=(14, 14), patch=(16, 16), channels=3, cls=True,
                                   cls_position=True, representation=0)

    def compute(weights, values):
        outputs = google_vit.outputs(weights, names, values["image"],
                                     weights[names["positions"]][0])
        return {"logits": outputs["logits"]}

    store_described("google_ti16", tensors, None, {"image": (3, 224, 224)}, compute)


def drop_pos_base():
    """dec512d2b at 224, with attention in its loss and the published ratios."""
    model = drop_pos.DropPos(
        image=224, patch=16, width=768, heads=12, decoder_width=512, decoder_heads=16,
        mask_ratio=0.75, pos_mask_ratio=0.75, sigma=1.0, attentive=True, depth=12, decoder_depth=2,
        ratio=4)
    wanted = ("logits", "labels", "loss")
    store_module(
        "drop_pos_base", model, {"network": "drop_pos", "attn_guide": True},
        {"image": (3, 224, 224), "patch_noise": (196,), "position_noise": (49,)},
        lambda m, *inputs: {key: value for key, value in m(*inputs).items() if key in wanted})


def forecaster(variables, horizon):
    """The authors' settings for 336 steps."""
    sizes = dict(length=336, variables=variables, horizon=horizon, patch=16, stride=8, width=256,
                 depth=1, taps=8)
    store_module(f"patch_mixer_{variables}_{horizon}", patch_mixer.PatchMixer(**sizes),
                 patch_mixer.config(sizes), {"series": (336, variables)},
                 lambda m, x: {"forecast": m(x)})


DESCRIBED = {
    "google_ti16": google_ti16,
    "hf_vit_b32": hf_vit_b32,
    "hf_clip_b32": hf_clip_b32,
    "hf_mae_b16": hf_mae_b16,
    "drop_pos_base": drop_pos_base,
    "patch_mixer_7_96": lambda: forecaster(7, 96),
    "patch_mixer_21_720": lambda: forecaster(21, 720),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    known = [name for name, *_ in MODELS + RELATIVE] + [*DESCRIBED]
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these: " + ", ".join(known))
    names = parser.parse_args().names or known
    if unknown := set(names) - set(known):
        raise SystemExit(f"error: unknown {', '.join(sorted(unknown))}\nhint: {', '.join(known)}")
    OUT.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name in DESCRIBED:
            DESCRIBED[name]()
            print(name)
    for architecture, edge, output in MODELS:
        if architecture not in names:
            continue
        model = timm.create_model(architecture, num_classes=1000 if output == "logits" else 0)
        state = {name: torch.from_numpy(random_values(name, tuple(tensor.shape), SEED))
                 for name, tensor in model.state_dict().items()}
        model.load_state_dict(state)
        model.eval()
        run = rotary.exact_timm(lambda each, image: each(image))
        store(f"{architecture}_{output}",
              lambda dtype: run(model.to(dtype), input_of(edge).to(dtype)))
        print(f"{architecture}: {output}, torch {torch.__version__}, timm {timm.__version__}")
    for name, heads, word in RELATIVE:
        if name in names:
            store_relative(name, heads, word)
            print(name)


if __name__ == "__main__":
    main()
