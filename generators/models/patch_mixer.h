#pragma once
// PatchMixer, a forecaster of time series, from its authors' training script.

#include "generators/models/support/family.h"

namespace vitgen {

struct PatchMixer {
  static constexpr std::string_view name = "patch_mixer";
  static std::string supported();
  static bool recognises(const ModelFiles& files);
  static Model load(const ModelFiles& files, const LoadOptions& options);
};

}  // namespace vitgen
