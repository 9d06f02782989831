#pragma once
// A vision transformer that is small enough to read its plan.

#include "generators/plan/vit_spec.h"

namespace vitgen {

/// `depth` blocks of 3 heads of 8 channels on 2x3 patches.
inline VitSpec small_vit(int depth) {
  VitSpec spec;
  spec.image_h = 8;
  spec.image_w = 12;
  spec.patch_h = spec.patch_w = 4;
  spec.grid_h = 2;
  spec.grid_w = 3;
  spec.width = 24;
  spec.depth = depth;
  spec.heads = 3;
  spec.head_size = 8;
  spec.mlp = 40;
  spec.classes = 5;
  spec.names.patch = "patch.*";
  spec.names.patch_norm = "patch_norm.*";
  spec.names.cls = "cls";
  spec.names.position = "pos";
  spec.names.norm1 = "{}.norm1.*";
  spec.names.qkv = "{}.qkv.*";
  spec.names.proj = "{}.proj.*";
  spec.names.norm2 = "{}.norm2.*";
  spec.names.fc1 = "{}.fc1.*";
  spec.names.fc2 = "{}.fc2.*";
  spec.names.norm = "norm.*";
  spec.names.head = "head.*";
  return spec;
}

}  // namespace vitgen
