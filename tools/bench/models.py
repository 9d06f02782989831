"""The models that are compared: timm's by their names, and those that timm lacks."""

import json
import sys
from pathlib import Path

import safetensors.torch
import timm
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from fixtures.irpe import Relative  # noqa: E402
from fixtures.patch_mixer import PatchMixer, config as patch_mixer_config  # noqa: E402

# Name: the model of timm and the relative positions that its attention gets.
RELATIVE = {
    "deit_small_irpe_k": ("vit_small_patch16_224", "rpe-1.9-product-ctx-1-k"),
    "deit_small_irpe_qkv": ("vit_small_patch16_224", "rpe-1.9-product-ctx-1-qkv"),
}

# Name: variables and horizon; the rest as in the authors' scripts for the weather and ETT data.
FORECASTERS = {
    f"patch_mixer_{variables}_{horizon}": {
        "length": 336, "variables": variables, "horizon": horizon, "patch": 16, "stride": 8,
        "width": 256, "depth": 1, "taps": 8}
    for variables in (7, 21, 321) for horizon in (96, 720)}


class Table(torch.nn.Module):
    """Contextual, one for all heads; `product` has one table of distances."""

    def __init__(self, *shape):
        super().__init__()
        self.lookup_table_weight = torch.nn.Parameter(torch.zeros(1, *shape))


class RelativeAttention(torch.nn.Module):
    """What the published code computes without its CUDA extension: a product for each bucket, from
    which pairs pick theirs. For v probabilities are added up by bucket."""

    def __init__(self, plain, relative, grid):
        super().__init__()
        self.qkv, self.proj, self.heads = plain.qkv, plain.proj, plain.num_heads
        size = plain.qkv.in_features // plain.num_heads
        ids, = relative.tables(1, *grid)
        self.buckets = relative.count(1)
        rows = torch.arange(ids.shape[0])[:, None] * self.buckets
        self.register_buffer("ids", ids, persistent=False)
        self.register_buffer("flat", (rows + ids).flatten(), persistent=False)
        for letter in relative.on:
            shape = (self.buckets, size) if letter == "v" else (size, self.buckets)
            self.add_module(f"rpe_{letter}", Table(*shape))

    def terms(self, x, table):
        picked = (x @ table.lookup_table_weight).flatten(2)[:, :, self.flat]
        return picked.unflatten(2, self.ids.shape)

    def forward(self, x, **_):
        batch, tokens, width = x.shape
        size = width // self.heads
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.heads, size).permute(2, 0, 3, 1, 4)
        q = q * size**-0.5
        scores = q @ k.transpose(-2, -1)
        if hasattr(self, "rpe_k"):
            scores = scores + self.terms(q, self.rpe_k)
        if hasattr(self, "rpe_q"):
            scores = scores + self.terms(k * size**-0.5, self.rpe_q).transpose(-2, -1)
        p = scores.softmax(dim=-1)
        out = p @ v
        if hasattr(self, "rpe_v"):
            sums = torch.zeros(*p.shape[:3], self.buckets, dtype=p.dtype)
            sums = sums.scatter_add(3, self.ids.expand_as(p), p)
            out = out + sums @ self.rpe_v.lookup_table_weight
        return self.proj(out.transpose(1, 2).reshape(batch, tokens, width))


def create(name, **arguments):
    """A model in evaluation mode."""
    if name in FORECASTERS:
        return PatchMixer(**FORECASTERS[name]).eval()
    base, word = RELATIVE.get(name, (name, None))
    model = timm.create_model(base, **arguments)
    if word is not None:
        for block in model.blocks:
            block.attn = RelativeAttention(block.attn, Relative(word), model.patch_embed.grid_size)
    return model.eval()


def save(name, model, folder):
    """Weights and config as `vitgen generate` reads them."""
    if name in FORECASTERS:
        safetensors.torch.save_file(model.state_dict(), folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps(patch_mixer_config(FORECASTERS[name])))
        return
    timm.models.save_for_hf(model, folder, safe_serialization=True)
    (folder / "pytorch_model.bin").unlink(missing_ok=True)


def input_shape(name, model):
    """Of one element of the batch."""
    if name in FORECASTERS:
        return FORECASTERS[name]["length"], FORECASTERS[name]["variables"]
    return model.pretrained_cfg["input_size"]


def output_shape(name, model):
    """Of one element of the batch: a forecast, logits, or features where there is no head."""
    if name in FORECASTERS:
        return [FORECASTERS[name]["horizon"], FORECASTERS[name]["variables"]]
    return [model.num_classes or model.num_features]


def arguments_of(model):
    """That create() needs to make the same model again."""
    return {"num_classes": model.num_classes} if hasattr(model, "num_classes") else {}


def generate_options(name):
    """What `vitgen generate` must be told beside timm's config.json."""
    return ["--set", f"relative={RELATIVE[name][1]}"] if name in RELATIVE else []
