#pragma once
// for image                                 gpu blocks
//   for row: its sums over the classes      gpu threads, sums in registers
//   for the three sums over rows            gpu threads; their terms are kept in shared memory
// Bound: latency: every sum has one order, and so one thread.

#include <optional>
#include <vector>

#include "generators/ops/soft_cross_entropy.h"
#include "schedules/support/gpu_block.h"

namespace vitgen {

struct CudaSoftCrossEntropy {
  static constexpr std::string_view name = "cuda/soft_cross_entropy";
  using Spec = SoftCrossEntropySpec;
  using Knobs = ThreadKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(SoftCrossEntropy& op, const Spec& spec, const Machine& machine,
                    const Knobs& knobs);
};

}  // namespace vitgen
