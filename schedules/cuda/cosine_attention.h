#pragma once
// for image                                 gpu blocks
//   for patch: its cosine, its weight       gpu threads; both are kept in shared memory, and what
//                                           all patches need each thread computes for itself
// Bound: latency: every sum has one order, and so one thread.

#include <optional>
#include <vector>

#include "generators/ops/cosine_attention.h"
#include "schedules/support/gpu_block.h"

namespace vitgen {

struct CudaCosineAttention {
  static constexpr std::string_view name = "cuda/cosine_attention";
  using Spec = CosineAttentionSpec;
  using Knobs = ThreadKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(CosineAttention& op, const Spec& spec, const Machine& machine,
                    const Knobs& knobs);
};

}  // namespace vitgen
