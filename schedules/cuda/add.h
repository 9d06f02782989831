#pragma once
// for block, for element                    one thread for each,
// schedules/support/gpu_elementwise.h Bound: memory; two reads and a write of the tokens.

#include "generators/ops/add.h"
#include "schedules/support/gpu_elementwise.h"

namespace vitgen {

struct CudaAdd : GpuElementwise<AddSpec> {
  static constexpr std::string_view name = "cuda/add";
};

}  // namespace vitgen
