#!/usr/bin/env python3
"""Write tests/fixtures: tiny models as timm and transformers save them, and what those compute.

Every folder holds a model with seeded weights in which nothing is 0 or 1 (gains, biases,
LayerScale, [CLS], positions are random too), an input, and the outputs of the original code in
float32 and in float64. The outputs come from the model as the library reads it back from the
folder, so the files and the numbers belong together.
"""

import argparse
import shutil
import sys
from pathlib import Path

import timm
import torch
import transformers
from transformers import (
    CLIPVisionModel, CLIPVisionModelWithProjection,
    DeiTConfig, DeiTForImageClassification, DeiTForImageClassificationWithTeacher,
    DeiTForMaskedImageModeling, Dinov2Backbone, Dinov2Config, Dinov2ForImageClassification, Dinov2Model, Dinov2WithRegistersConfig,
    Dinov2WithRegistersModel, SiglipForImageClassification, SiglipVisionModel, ViTConfig, ViTForImageClassification, ViTForMaskedImageModeling,
    ViTMAEModel, ViTModel,
)

from fixtures import (
    beit, clip, drop_pos, features, gated, google_vit, hand_written, irpe, mae, masked_image, rotary,
    siglip, tnt,
)
from fixtures.libraries import (
    base_outputs, classifier_outputs, hf_fixture, save_in_shards, save_memory_names,
    teacher_outputs, timm_fixture,
)
from fixtures.patch_mixer import patch_mixer_fixture
from fixtures.readme import README
from fixtures.seeded import BATCH, make_readable

VERSIONS = {"torch": "2.15.0", "timm": "1.0.31", "transformers": "5.23.0"}
OUTPUT = Path(__file__).resolve().parent.parent / "tests/fixtures"
IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
HALF = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
BILINEAR, BICUBIC = 2, 3  # Pillow's numbers, as preprocessor_config.json writes them


# ---- the fixtures --------------------------------------------------------------------------

def vit_config(**changes):
    fields = dict(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=52,
        image_size=24, patch_size=8, num_channels=3,
        id2label={0: "ant", 1: "bee", 2: "cat", 3: "dog", 4: "elk"},
        label2id={"ant": 0, "bee": 1, "cat": 2, "dog": 3, "elk": 4},
    )
    return ViTConfig(**{**fields, **changes})


def deit_config(**changes):
    fields = dict(
        hidden_size=30, num_hidden_layers=2, num_attention_heads=5, intermediate_size=60,
        image_size=24, patch_size=8, num_labels=6,
    )
    return DeiTConfig(**{**fields, **changes})


def dinov2_config(kind=Dinov2Config, **changes):
    fields = dict(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=3, mlp_ratio=3, image_size=28,
        patch_size=7, num_channels=3,
    )
    return kind(**{**fields, **changes})


def preprocessor(kind, size, crop, resample, statistics):
    mean, std = statistics
    fields = dict(
        do_normalize=True, do_rescale=True, do_resize=True, image_mean=mean,
        image_processor_type=kind, image_std=std, resample=resample, rescale_factor=1 / 255,
        size=size,
    )
    if crop is not None:
        fields.update(do_center_crop=True, crop_size={"height": crop, "width": crop})
    return fields


def square(side):
    return {"height": side, "width": side}


TINY = dict(img_size=24, patch_size=8, embed_dim=32, depth=2, num_heads=2, num_classes=7)
SMALL = dict(mlp_ratio=3, **TINY)
DINO = dict(img_size=28, patch_size=7, embed_dim=24, depth=2, num_heads=3)

FIXTURES = {
    "timm_vit": (
        "[CLS] pooling, head size 16",
        timm_fixture("vit_tiny_patch16_224", **SMALL)),
    "timm_vit_f16": (
        "timm_vit stored in float16; outputs from the stored values, promoted",
        timm_fixture("vit_tiny_patch16_224", dtype=torch.float16, weights_of="timm_vit", **SMALL)),
    "timm_vit_bf16": (
        "timm_vit stored in bfloat16; outputs from the stored values, promoted",
        timm_fixture("vit_tiny_patch16_224", dtype=torch.bfloat16, weights_of="timm_vit", **SMALL)),
    "timm_vit_avg": (
        "mean over patch tokens, then fc_norm; 1 channel, odd MLP width",
        timm_fixture("vit_tiny_patch16_224", in_chans=1, global_pool="avg", mlp_ratio=2.7, **TINY)),
    "timm_vit_rect": (
        "image 24x40 with patches of 8x4",
        timm_fixture("vit_tiny_patch16_224",
                     **{**SMALL, "img_size": (24, 40), "patch_size": (8, 4), "in_chans": 1})),
    "timm_vit_noqkvbias": (
        "no bias on q, k, v",
        timm_fixture("vit_base_patch16_224_miil", **SMALL)),
    "timm_deit_distilled": (
        "distillation token, mean of two heads; head size 6",
        timm_fixture("deit_tiny_distilled_patch16_224",
                     **{**SMALL, "embed_dim": 30, "num_heads": 5})),
    "timm_deit3": (
        "LayerScale; no position for [CLS] (no_embed_class)",
        timm_fixture("deit3_small_patch16_224", **SMALL)),
    "timm_vit_reg4": (
        "[CLS], 4 registers, patches; LayerScale; no position for the first five",
        timm_fixture("vit_small_patch14_reg4_dinov2", num_classes=5, **DINO)),
    "timm_vit_reg4_gap": (
        "4 registers and no [CLS], mean over patch tokens, fc_norm; LayerScale",
        timm_fixture("vit_medium_patch16_reg4_gap_256", **SMALL)),
    "timm_vit_siglip_gap": (
        "no [CLS], final norm before the mean, tanh GELU, MLP int(32 * 3.7362)",
        timm_fixture("vit_so400m_patch16_siglip_gap_256", **TINY)),
    "timm_vit_clip_prenorm": (
        "norm before the blocks, no patch bias, quick GELU, eps 1e-5",
        timm_fixture("vit_base_patch32_clip_quickgelu_224", **SMALL)),
    "timm_vit_rpn": (
        "norms of what is added to the residual (timm's ResPostBlock); no [CLS], mean, fc_norm",
        timm_fixture("vit_base_patch16_rpn_224", **SMALL)),
    "timm_vit_embed_norm": (
        "a norm of the projected patches (embed_norm_layer)",
        timm_fixture("vit_tiny_patch16_224", embed_norm_layer="layernorm", **SMALL)),
    "timm_dinov2": (
        "LayerScale, no head",
        timm_fixture("vit_small_patch14_dinov2", **DINO)),
    "timm_vit_resized": (
        "positions resampled by timm from 3x3 to 4x5 patches",
        timm_fixture("vit_tiny_patch16_224", run_size=(32, 40), **SMALL)),
    "timm_vit_resized_down": (
        "positions resampled by timm from 6x6 to 4x3 patches",
        timm_fixture("vit_tiny_patch16_224", run_size=(32, 24),
                     **{**SMALL, "img_size": 48, "in_chans": 1})),
    "hf_vit_classifier": (
        "ViTForImageClassification, eps 1e-12, names as on the hub; labels",
        hf_fixture(ViTForImageClassification, vit_config(), classifier_outputs,
                   processor=preprocessor("ViTImageProcessor", square(24), None, BILINEAR, HALF))),
    "hf_vit_v5_names": (
        "hf_vit_classifier under the names that transformers 5 has in memory",
        hf_fixture(ViTForImageClassification, vit_config(), classifier_outputs,
                   save=save_memory_names, weights_of="hf_vit_classifier")),
    "hf_vit_sharded": (
        "hf_vit_classifier in shards with an index",
        hf_fixture(ViTForImageClassification, vit_config(), classifier_outputs,
                   save=save_in_shards, weights_of="hf_vit_classifier")),
    "hf_vit_model_pooler": (
        "ViTModel: no vit. prefix; pooled = tanh(dense([CLS])); 1 channel",
        hf_fixture(ViTModel, vit_config(num_channels=1), base_outputs)),
    "hf_vit_gelu_tanh": (
        "gelu_pytorch_tanh, no bias on q, k, v, eps 1e-12",
        hf_fixture(ViTForImageClassification,
                   vit_config(hidden_act="gelu_pytorch_tanh", qkv_bias=False), classifier_outputs)),
    "hf_deit": (
        "DeiTForImageClassification: distillation token present, head on [CLS]",
        hf_fixture(DeiTForImageClassification, deit_config(), classifier_outputs,
                   processor=preprocessor("DeiTImageProcessor", square(28), 24, BICUBIC,
                                          IMAGENET))),
    "hf_deit_teacher": (
        "DeiTForImageClassificationWithTeacher: mean of two heads",
        hf_fixture(DeiTForImageClassificationWithTeacher, deit_config(), teacher_outputs)),
    "hf_dinov2": (
        "Dinov2Model: pooled = [CLS] after the final norm",
        hf_fixture(Dinov2Model, dinov2_config(), base_outputs,
                   processor=preprocessor("BitImageProcessor", {"shortest_edge": 32}, 28, BICUBIC,
                                          IMAGENET))),
    "hf_dinov2_classifier": (
        "Dinov2ForImageClassification: head on [CLS] beside the mean over patch tokens",
        hf_fixture(Dinov2ForImageClassification, dinov2_config(num_labels=6), classifier_outputs)),
    "hf_dinov2_resized": (
        "positions resampled by transformers from 4x4 to 3x6 patches (no antialias)",
        hf_fixture(Dinov2Model, dinov2_config(), base_outputs, run_size=(21, 42))),
    "hf_dinov2_registers": (
        "Dinov2WithRegistersModel: [CLS], 3 registers, patches; registers have no position",
        hf_fixture(Dinov2WithRegistersModel,
                   dinov2_config(Dinov2WithRegistersConfig, num_register_tokens=3), base_outputs)),
    "hf_dinov2_registers_resized": (
        "positions resampled by transformers from 4x4 to 3x6 patches (antialias)",
        hf_fixture(Dinov2WithRegistersModel,
                   dinov2_config(Dinov2WithRegistersConfig, num_register_tokens=3), base_outputs,
                   run_size=(21, 42))),
    "hf_dinov2_backbone": (
        "Dinov2Backbone: tokens after chosen blocks, with and without the last norm",
        hf_fixture(Dinov2Backbone,
                   dinov2_config(num_hidden_layers=3, out_indices=[1, 3], apply_layernorm=True,
                                 reshape_hidden_states=False), features.dinov2_outputs)),
    "timm_features": (
        "timm's forward_intermediates: after the first block, the last, and all; 4 registers",
        timm_fixture("vit_small_patch14_reg4_dinov2", compute=features.timm_outputs, **DINO)),
    "hf_vit_masked": (
        "ViTForMaskedImageModeling: 5 of 9 patches masked; pixels from a decoder",
        hf_fixture(ViTForMaskedImageModeling, vit_config(encoder_stride=8), masked_image.outputs,
                   more=masked_image.inputs("hf_vit_masked", patches=9, masked=5))),
    "hf_deit_masked": (
        "DeiTForMaskedImageModeling: 16 patches of 6x6, 1 channel, distillation token",
        hf_fixture(DeiTForMaskedImageModeling,
                   deit_config(patch_size=6, encoder_stride=6, num_channels=1),
                   masked_image.outputs,
                   more=masked_image.inputs("hf_deit_masked", patches=16, masked=9))),
    "patch_mixer": (
        "PatchMixer: two blocks, an even filter, steps at the start that no patch has",
        patch_mixer_fixture(length=27, variables=3, horizon=5, patch=6, stride=3, width=16, depth=2,
                            taps=4)),
    "patch_mixer_prefix": (
        "names that begin with model., an odd filter, a stride that does not divide the patch",
        patch_mixer_fixture("model.", length=20, variables=1, horizon=8, patch=5, stride=3,
                            width=10, depth=1, taps=3)),
    **gated.FIXTURES,
    **rotary.FIXTURES,
    **google_vit.FIXTURES,
    "hf_mae": (
        "ViTMAEModel without its mask; the file has no positions, which are sines and cosines",
        hf_fixture(ViTMAEModel, mae.config(), mae.outputs, save=mae.save)),
    "hf_clip": (
        "CLIPVisionModel: norms before the blocks and of [CLS] alone, quick GELU, eps 1e-5",
        hf_fixture(CLIPVisionModel, clip.config(), base_outputs)),
    "hf_clip_projection": (
        "CLIPVisionModelWithProjection: logits are the embedding",
        hf_fixture(CLIPVisionModelWithProjection, clip.config(), clip.outputs)),
    "hf_siglip": (
        "SiglipVisionModel: attention pooling, no [CLS]; 26x26 pixels, 2 beyond the patches of 8x8",
        hf_fixture(SiglipVisionModel, siglip.config(), base_outputs)),
    "hf_siglip_classifier": (
        "SiglipForImageClassification: the mean in place of attention pooling; two towers' config",
        hf_fixture(SiglipForImageClassification, siglip.classifier_config(),
                   siglip.classifier_outputs)),
    "timm_vit_siglip_map": (
        "attention pooling (global_pool map), erf GELU",
        timm_fixture("vit_base_patch16_siglip_224", **SMALL)),
    "timm_vit_reg4_map": (
        "attention pooling that leaves 4 registers out, LayerScale",
        timm_fixture("vit_so150m_patch16_reg4_map_256", **SMALL)),
    "openai_clip": (
        "hf_clip_projection under OpenAI's names, whose projection is (in, out)",
        clip.in_openai_names(hf_fixture(CLIPVisionModelWithProjection, clip.config(),
                                        clip.outputs, weights_of="hf_clip_projection"))),
    **beit.FIXTURES,
    **hand_written.FIXTURES,
    **drop_pos.FIXTURES,
    **tnt.FIXTURES,
    **irpe.FIXTURES,
}

def write_readme(directory):
    rows = "\n".join(f"| `{name}` | {text} |" for name, (text, _) in FIXTURES.items())
    versions = ", ".join(f"{name} {version}" for name, version in VERSIONS.items())
    text = README.format(versions=versions, batch=BATCH, rows=rows)
    (directory / "README.md").write_text(text)


def check_versions():
    for module in (torch, timm, transformers):
        wanted, found = VERSIONS[module.__name__], module.__version__.split("+")[0]
        if found != wanted:
            sys.exit(f"error: {module.__name__} {wanted} is pinned, this is {found}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    parser.add_argument("--only", nargs="+", choices=FIXTURES, metavar="NAME", default=FIXTURES)
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    args = parser.parse_args()
    if args.list:
        print("\n".join(f"{name}: {text}" for name, (text, _) in FIXTURES.items()))
        return
    check_versions()
    torch.set_num_threads(1)  # the order of sums must not depend on the machine's cores
    transformers.utils.logging.disable_progress_bar()
    for name in args.only:
        folder = args.output / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        FIXTURES[name][1](folder, name)
        make_readable(folder)
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{name}: {size / 1000:.0f} kB", file=sys.stderr)
    write_readme(args.output)


if __name__ == "__main__":
    main()
