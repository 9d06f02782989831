#pragma once
// for image, for head                       gpu blocks
//   for token: its power                    gpu threads; the powers are kept in shared memory
//   for channel: sum over the tokens        gpu threads, sum in a register
// Bound: memory; one read of the tokens.

#include <optional>
#include <vector>

#include "generators/ops/attention_pool.h"
#include "schedules/support/gpu_block.h"

namespace vitgen {

struct CudaAttentionPool {
  static constexpr std::string_view name = "cuda/attention_pool";
  using Spec = AttentionPoolSpec;
  using Knobs = ThreadKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(AttentionPool& op, const Spec& spec, const Machine& machine,
                    const Knobs& knobs);
};

}  // namespace vitgen
