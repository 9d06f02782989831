#pragma once
// PatchMixer (Gong et al. 2023): convolutions over patches of a series, every variable by itself,
// no attention and no positions.

#include <cstdint>
#include <string>

#include "generators/plan/plan.h"
#include "generators/plan/plan_options.h"

namespace vitgen {

/// x {length, variables} to y {horizon, variables}:
///   z = embed(patches(revin(x)))                              {patches, width} for each variable
///   each block:  z += norm(gelu(depthwise(z)));  z = norm(gelu(pointwise(z)))
///   y = undo_revin(linear(z before the blocks) + linear(gelu(linear(z))))
/// norm is a batch normalisation over patches with the statistics of training.
struct PatchMixerSpec {
  static constexpr std::string_view kind = "patch_mixer";

  std::int64_t length = 336;
  std::int64_t variables = 7;
  std::int64_t horizon = 96;
  std::int64_t patch = 16;
  std::int64_t stride = 8;
  std::int64_t width = 256;
  std::int64_t depth = 1;
  std::int64_t taps = 8;  ///< of the depthwise convolution
  float revin_eps = 1e-5f;
  float norm_eps = 1e-5f;
  std::string prefix;  ///< of all tensors: "model." or nothing

  std::int64_t patches() const { return (length - patch) / stride + 2; }

  template <class V>
  void visit(V& v) {
    v("length", length);
    v("variables", variables);
    v("horizon", horizon);
    v("patch", patch);
    v("stride", stride);
    v("width", width);
    v("depth", depth);
    v("taps", taps);
    v("revin_eps", revin_eps);
    v("norm_eps", norm_eps);
    v("prefix", prefix);
  }
  bool operator==(const PatchMixerSpec&) const = default;
};

/// Throws CFG_RANGE, CFG_INCONSISTENT, CFG_BUDGET.
void check(const PatchMixerSpec& spec);

/// A series has the length that the weights were trained for. Throws IMAGE_SIZE_NONE, of class
/// usage, if the options ask for an image's size.
PatchMixerSpec sized_for(const PatchMixerSpec& spec, const PlanOptions& options);

/// Input "series" {variables, length}, output "forecast" {variables, horizon}, variables innermost.
/// Throws what check() throws, and of class usage OUTPUT_UNKNOWN, INPUT_TYPE, IMAGE_SIZE_NONE,
/// BATCH_RANGE.
Plan lower(const PatchMixerSpec& spec, const PlanOptions& options);

std::string summary(const PatchMixerSpec& spec);

}  // namespace vitgen
