#pragma once
// DropPos's pre-training network, from its authors' checkpoints.

#include "generators/models/support/family.h"

namespace vitgen {

struct DropPos {
  static constexpr std::string_view name = "drop_pos";
  static std::string supported();
  static bool recognises(const ModelFiles& files);
  static Model load(const ModelFiles& files, const LoadOptions& options);
};

}  // namespace vitgen
