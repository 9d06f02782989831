#pragma once
// Plain vision transformers: ViT, DeiT (with and without distillation), DINOv2 and its registers,
// from timm, transformers or the authors' own files.

#include "generators/models/support/family.h"

namespace vitgen {

struct Vit {
  static constexpr std::string_view name = "vit";
  static std::string supported();
  static bool recognises(const ModelFiles& files);
  static Model load(const ModelFiles& files, const LoadOptions& options);
};

}  // namespace vitgen
