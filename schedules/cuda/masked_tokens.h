#pragma once
// for image, for token                      gpu blocks
//   for channels                            gpu threads; each finds the token's rank by itself
// Bound: memory; a rank is a few reads of L1 that all threads share.

#include <optional>
#include <vector>

#include "generators/ops/masked_tokens.h"
#include "schedules/support/gpu_block.h"

namespace vitgen {

struct CudaMaskedTokens {
  static constexpr std::string_view name = "cuda/masked_tokens";
  using Spec = MaskedTokensSpec;
  using Knobs = ThreadKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(MaskedTokens& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
