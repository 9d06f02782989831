#pragma once
// for block, for element                    one thread for each,
// schedules/support/gpu_elementwise.h Bound: memory; one read and one write of the tokens that
// stay.

#include "generators/ops/token_slice.h"
#include "schedules/support/gpu_elementwise.h"

namespace vitgen {

struct CudaTokenSlice : GpuElementwise<TokenSliceSpec> {
  static constexpr std::string_view name = "cuda/token_slice";
};

}  // namespace vitgen
