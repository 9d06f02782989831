#!/usr/bin/env python3
"""Write generators/models/timm_architectures.json: what timm's config.json leaves unsaid.

A config.json by timm names an architecture and states only what differs from it. This script
builds every VisionTransformer, Beit, Eva and TNT of the installed timm on PyTorch's meta device (no weights,
no download) and records the defaults behind each name. Run it again after raising TIMM_VERSION.
"""

import argparse
import collections
import inspect
import json
import re
import sys
from pathlib import Path

import timm
import torch
from timm.models import beit, deit, eva, tnt, vision_transformer
from timm.models._registry import _model_to_module as MODULE_OF

TIMM_VERSION = "1.0.31"
OUTPUT = Path(__file__).resolve().parent.parent / "generators/models/timm_architectures.json"
NAMES = re.compile(r"vit_|deit|flexivit|test_vit|beit3")
MODEL_CLASSES = (vision_transformer.VisionTransformer, deit.VisionTransformerDistilled, beit.Beit)
ACTIVATIONS = {"QuickGELU": "quick_gelu", "GELUTanh": "gelu_tanh", "SiLU": "silu", "ReLU": "relu"}
LAYER_NORMS = {"LayerNorm", "LayerNormFp32"}
POOLS = {"token", "avg", ""}
ABOUT = (
    "Made by tools/make_timm_architectures.py; do not edit. An architecture's fields are "
    "'defaults' overlaid with its own entry. Sizes are [height, width]; mlp_hidden: channels "
    "that an MLP's first linear makes, int(embed_dim * mlp_ratio) where nothing else is said, also "
    "when a config.json changes these; layer_scale: blocks have "
    "ls1.gamma and ls2.gamma; fc_norm: the final norm stands after the pooling; fc_norm_by_pool: "
    "that follows from global_pool being avg, avgmax or max, also when a config.json changes it; "
    "eva, beit: the arguments of timm's class of that name that the network depends on, null of "
    "other classes; "
    "unsupported: what lies outside these fields. 'tnt': the arguments of Transformer in Transformer."
)


def constructor_arguments(name, kind=vision_transformer.VisionTransformer):
    """(model on the meta device, all constructor arguments of its class `kind` by name)."""
    seen = {}
    signature = inspect.signature(kind.__init__)
    original = kind.__init__

    def record(self, *args, **kwargs):
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        seen.update(bound.arguments)
        original(self, *args, **kwargs)

    kind.__init__ = record
    try:
        with torch.device("meta"):
            model = timm.create_model(name)
    finally:
        kind.__init__ = original
    return model, seen


def arguments_of(name):
    """The model and its class's arguments, VisionTransformer's defaults for those it lacks."""
    if MODULE_OF[name] != "beit":
        return constructor_arguments(name)
    model, args = constructor_arguments(name, beit.Beit)
    usual = inspect.signature(vision_transformer.VisionTransformer.__init__).parameters
    return model, {**{key: p.default for key, p in usual.items()}, **args}


def pair(value):
    return list(value) if isinstance(value, (tuple, list)) else [value, value]


def activation_name(module):
    if isinstance(module, torch.nn.GELU):
        return "gelu_tanh" if module.approximate == "tanh" else "gelu"
    return ACTIVATIONS.get(type(module).__name__, type(module).__name__)


def norms_of(model):
    """(class name, eps) of every norm that has an eps."""
    return {(type(m).__name__, m.eps) for m in model.modules() if hasattr(m, "eps")}


def unsupported_of(model, args):
    """Names of what the model needs beyond patches, prefix tokens, pre-norm blocks and a head."""
    block, found = model.blocks[0], []
    checks = {
        "qk_norm": args["qk_norm"],
        "scale_attn_norm": args["scale_attn_norm"],
        "scale_mlp_norm": args["scale_mlp_norm"] or args.get("scale_mlp", False),
        "no_proj_bias": not args["proj_bias"],
        "no_position_table": model.pos_embed is None and type(model) is not beit.Beit,
        "embed_norm": args["embed_norm_layer"] is not None,
        "pool_include_prefix": args["pool_include_prefix"],
        "gated_attention": getattr(getattr(block, "attn", None), "gate", None) is not None,
    }
    found += [name for name, present in checks.items() if present]
    for wanted, module in (("Block", block), ("PatchEmbed", model.patch_embed)):
        if type(module).__name__ != wanted:
            found.append(f"{wanted}={type(module).__name__}")
    for wanted, part in (("Attention", "attn"), ("Mlp", "mlp")):
        kind = type(getattr(block, part, None)).__name__
        if kind not in (wanted, "NoneType"):
            found.append(f"{wanted}={kind}")
    norms = norms_of(model)
    found += [f"norm={kind}" for kind in sorted({k for k, _ in norms} - LAYER_NORMS)]
    if len({eps for _, eps in norms}) > 1:
        found.append("mixed_norm_eps")
    if args["global_pool"] not in POOLS:
        found.append(f"global_pool={args['global_pool']}")
    return found


BEIT_ARGUMENTS = ("use_abs_pos_emb", "use_rel_pos_bias", "use_shared_rel_pos_bias")
EVA_ARGUMENTS = (
    "attn_type", "qkv_fused", "ref_feat_shape", "rope_grid_indexing", "rope_rotate_half",
    "rope_temperature", "rope_type", "scale_attn_inner", "scale_mlp", "swiglu_align_to",
    "swiglu_mlp", "use_abs_pos_emb", "use_post_norm", "use_rot_pos_emb")


def unsupported_of_eva(model, args):
    """Names of what an Eva needs beyond the fields of its entry."""
    rotary = args["use_rot_pos_emb"]
    own_heads = args["attn_pool_num_heads"] or args["attn_pool_mlp_ratio"]
    checks = {
        "qk_norm": args["qk_norm"],
        "num_kv_heads": args["num_kv_heads"] is not None,
        "attn_only_layer_scale": args["attn_only_layer_scale"],
        "attn_type=rope, split": args["attn_type"] == "rope" and not args["qkv_fused"],
        "attn_pool_heads": args["global_pool"] == "map" and own_heads is not None,
        "rope_grid_offset": rotary and args["rope_grid_offset"] != 0,
        f"rope_type={args['rope_type']}": rotary and args["rope_type"] not in ("cat", "dinov3"),
    }
    found = [name for name, present in checks.items() if present]
    norms = norms_of(model)
    found += [f"norm={kind}" for kind in sorted({k for k, _ in norms} - LAYER_NORMS)]
    if len({eps for _, eps in norms}) > 1:
        found.append("mixed_norm_eps")
    if args["global_pool"] not in POOLS:
        found.append(f"global_pool={args['global_pool']}")
    return found


def describe_eva(name):
    """All fields of one architecture of Eva."""
    model, args = constructor_arguments(name, eva.Eva)
    norms = [not isinstance(norm, torch.nn.Identity) for norm in (model.norm, model.fc_norm)]
    unsupported = unsupported_of_eva(model, args) + (["two_last_norms"] if all(norms) else [])
    if args["ref_feat_shape"] is not None:
        args["ref_feat_shape"] = pair(args["ref_feat_shape"])
    mlp = model.blocks[0].mlp
    entry = {
        "img_size": list(model.patch_embed.img_size),
        "patch_size": pair(args["patch_size"]),
        **{key: args[key] for key in ("in_chans", "num_classes", "embed_dim", "depth", "num_heads",
                                      "mlp_ratio", "qkv_bias", "class_token", "no_embed_class",
                                      "global_pool", "dynamic_img_size", "dynamic_img_pad")},
        "mlp_hidden": mlp.fc2.in_features * (2 if args["swiglu_mlp"] else 1),
        "act": activation_name(mlp.act),
        "norm_eps": max(eps for _, eps in norms_of(model)),
        "layer_scale": args["init_values"] is not None,
        "reg_tokens": args["num_reg_tokens"],
        "distilled": False,
        "pre_norm": bool(args["use_pre_transformer_norm"]),
        "fc_norm": norms[1],
        "fc_norm_by_pool": args["use_fc_norm"] is None,
        "final_norm": any(norms),
        "beit": None,
        "eva": {key: args[key] for key in EVA_ARGUMENTS},
        "pretrained_cfg": describe_input(model),
        "unsupported": unsupported,
    }
    return entry


def describe_input(model):
    cfg = model.pretrained_cfg
    keys = (
        "input_size", "mean", "std", "interpolation", "crop_pct", "crop_mode", "fixed_input_size"
    )
    return {key: cfg[key] for key in keys if key in cfg}


def describe(name):
    """All fields of one architecture, or None when it is of another class."""
    model, args = arguments_of(name)
    if type(model) not in MODEL_CLASSES:
        return None
    unsupported = unsupported_of(model, args)
    mlp = getattr(model.blocks[0], "mlp", None)
    entry = {
        "img_size": list(model.patch_embed.img_size) if hasattr(model.patch_embed, "img_size")
        else pair(args["img_size"]),
        "patch_size": pair(args["patch_size"]),
        "in_chans": args["in_chans"],
        "num_classes": args["num_classes"],
        "embed_dim": args["embed_dim"],
        "depth": args["depth"],
        "num_heads": args["num_heads"],
        "mlp_ratio": args["mlp_ratio"],
        "mlp_hidden": int(args["embed_dim"] * args["mlp_ratio"]),
        "act": activation_name(mlp.act) if hasattr(mlp, "act") else "gelu",
        "norm_eps": max(eps for _, eps in norms_of(model)),
        "qkv_bias": args["qkv_bias"],
        "layer_scale": args["init_values"] is not None,
        "class_token": args["class_token"],
        "reg_tokens": args["reg_tokens"],
        "distilled": type(model) is deit.VisionTransformerDistilled,
        "no_embed_class": args["no_embed_class"],
        "beit": {key: args[key] for key in BEIT_ARGUMENTS} if type(model) is beit.Beit else None,
        "pre_norm": args["pre_norm"],
        "global_pool": args["global_pool"],
        "fc_norm": not isinstance(model.fc_norm, torch.nn.Identity),
        "fc_norm_by_pool": args["fc_norm"] is None,
        "final_norm": args["final_norm"],
        "dynamic_img_size": args["dynamic_img_size"],
        "dynamic_img_pad": args["dynamic_img_pad"],
        "eva": None,
        "pretrained_cfg": describe_input(model),
        "unsupported": unsupported,
    }
    if not unsupported:
        check(name, model, entry)
    return entry


def describe_tnt(name):
    """The arguments of a Transformer in Transformer that its network depends on."""
    model, args = constructor_arguments(name, tnt.TNT)
    keys = ("in_chans", "num_classes", "global_pool", "embed_dim", "inner_dim", "depth",
            "num_heads_inner", "num_heads_outer", "mlp_ratio", "qkv_bias", "first_stride", "legacy")
    (eps,) = {eps for _, eps in norms_of(model)}
    return {"img_size": pair(args["img_size"]), "patch_size": pair(args["patch_size"]),
            **{key: args[key] for key in keys}, "norm_eps": eps,
            "pretrained_cfg": describe_input(model)}


def check(name, model, entry):
    """The recorded arguments must agree with the tensors that the model really has."""
    shapes = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    width = entry["embed_dim"]
    of_beit = entry["beit"] or {}
    named_as_beit = bool(of_beit)
    grid = [a // b for a, b in zip(entry["img_size"], entry["patch_size"])]
    prefix = entry["class_token"] + entry["reg_tokens"] + entry["distilled"]
    positions = grid[0] * grid[1] + (0 if entry["no_embed_class"] else prefix)
    expected = {
        "patch_embed.proj.weight": (width, entry["in_chans"], *entry["patch_size"]),
        "pos_embed": (1, positions, width) if of_beit.get("use_abs_pos_emb", True) else None,
        "blocks.0.mlp.fc1.weight": (entry["mlp_hidden"], width),
        "blocks.0.attn.qkv.weight": (3 * width, width),
    }
    present = {
        "patch_embed.proj.bias": not entry["pre_norm"],
        "blocks.0.attn.q_bias" if named_as_beit else "blocks.0.attn.qkv.bias": entry["qkv_bias"],
        "blocks.0.gamma_1" if named_as_beit else "blocks.0.ls1.gamma": entry["layer_scale"],
        "blocks.0.attn.relative_position_bias_table": of_beit.get("use_rel_pos_bias", False),
        "rel_pos_bias.relative_position_bias_table": of_beit.get("use_shared_rel_pos_bias", False),
        "cls_token": entry["class_token"],
        "dist_token": entry["distilled"],
        "norm_pre.weight": entry["pre_norm"],
        "fc_norm.weight": entry["fc_norm"],
        "norm.weight": entry["final_norm"] and not entry["fc_norm"],
        f"blocks.{entry['depth'] - 1}.norm1.weight": True,
        f"blocks.{entry['depth']}.norm1.weight": False,
    }
    for key, shape in expected.items():
        if shapes.get(key) != shape:
            sys.exit(f"error: {name}: {key}: expected {shape}, got {shapes.get(key)}")
    for key, wanted in present.items():
        if (key in shapes) != wanted:
            sys.exit(f"error: {name}: {key}: {'missing' if wanted else 'not expected'}")


def show(text):
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def collect():
    """name -> fields, for every architecture that timm builds with one of MODEL_CLASSES or Eva."""
    entries = {}
    names = [n for n in timm.list_models()
             if NAMES.match(n) or MODULE_OF[n] in ("vision_transformer", "deit", "beit", "eva")]
    for index, name in enumerate(sorted(names)):
        show(f"{index + 1}/{len(names)} {name}")
        entry = describe_eva(name) if MODULE_OF[name] == "eva" else describe(name)
        if entry is not None:
            entries[name] = entry
    show("")
    return entries


def most_common(entries):
    """The value that most architectures have, for each field."""
    fields = next(iter(entries.values())).keys()
    votes = {f: collections.Counter(json.dumps(e[f]) for e in entries.values()) for f in fields}
    return {field: json.loads(counter.most_common(1)[0][0]) for field, counter in votes.items()}


def to_text(entries, tnts):
    """JSON with one line for each architecture, holding only what differs from `defaults`; those
    of `tnts` are whole."""
    defaults = most_common(entries)
    lines = []
    for name, entry in sorted(entries.items()):
        same = json.loads(json.dumps(entry))
        own = {field: value for field, value in same.items() if value != defaults[field]}
        lines.append(f"    {json.dumps(name)}: {json.dumps(own)}")
    whole = [f"    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(tnts.items())]
    return (
        "{\n"
        f'  "about": {json.dumps(ABOUT)},\n'
        f'  "timm_version": {json.dumps(timm.__version__)},\n'
        f'  "defaults": {json.dumps(defaults)},\n'
        '  "architectures": {\n' + ",\n".join(lines) + "\n  },\n"
        '  "tnt": {\n' + ",\n".join(whole) + "\n  }\n}\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    args = parser.parse_args()
    if timm.__version__ != TIMM_VERSION:
        sys.exit(f"error: timm {TIMM_VERSION} is pinned, this is {timm.__version__}")
    entries = collect()
    tnts = {name: describe_tnt(name) for name in timm.list_models("tnt_*")}
    args.output.write_text(to_text(entries, tnts))
    usable = sum(not entry["unsupported"] for entry in entries.values())
    print(f"{args.output.name}: {len(entries)} architectures, {usable} of them supported, "
          f"and {len(tnts)} of TNT")


if __name__ == "__main__":
    main()
