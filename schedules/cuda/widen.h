#pragma once
// for block, for element                    one thread for each,
// schedules/support/gpu_elementwise.h Bound: memory; a read of two bytes and a write of four.

#include "generators/ops/widen.h"
#include "schedules/support/gpu_elementwise.h"

namespace vitgen {

struct CudaWiden : GpuElementwise<WidenSpec> {
  static constexpr std::string_view name = "cuda/widen";
};

}  // namespace vitgen
