#pragma once
// Transformer in Transformer, from timm or its authors' own files.

#include "generators/models/support/family.h"

namespace vitgen {

struct Tnt {
  static constexpr std::string_view name = "tnt";
  static std::string supported();
  static bool recognises(const ModelFiles& files);
  static Model load(const ModelFiles& files, const LoadOptions& options);
};

}  // namespace vitgen
