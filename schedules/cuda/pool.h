#pragma once
// for block, for element                    one thread for each,
// schedules/support/gpu_elementwise.h
//   for tokens: their channel is added      sum in a register
// Bound: memory, and where images are few its latency: the reads of eight tokens are under way at
// once.

#include "generators/ops/pool.h"
#include "schedules/support/gpu_elementwise.h"

namespace vitgen {

struct CudaPool : GpuElementwise<PoolSpec> {
  static constexpr std::string_view name = "cuda/pool";
  static void apply(Pool& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
