#pragma once
// for block, for element                    one thread for each,
// schedules/support/gpu_elementwise.h Bound: memory; q, k and v are written once; q and k are read
// twice, the other half of a head from L1.

#include "generators/ops/rotary.h"
#include "schedules/support/gpu_elementwise.h"

namespace vitgen {

struct CudaRotary : GpuElementwise<RotarySpec> {
  static constexpr std::string_view name = "cuda/rotary";
};

}  // namespace vitgen
