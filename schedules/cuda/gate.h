#pragma once
// for block, for element                    one thread for each,
// schedules/support/gpu_elementwise.h Bound: memory; two reads and a write for each output.

#include "generators/ops/gate.h"
#include "schedules/support/gpu_elementwise.h"

namespace vitgen {

struct CudaGate : GpuElementwise<GateSpec> {
  static constexpr std::string_view name = "cuda/gate";
};

}  // namespace vitgen
