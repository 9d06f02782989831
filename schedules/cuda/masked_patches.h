#pragma once
// for block, for element                    one thread for each,
// schedules/support/gpu_elementwise.h Bound: memory; one read and one write of the patches.

#include "generators/ops/masked_patches.h"
#include "schedules/support/gpu_elementwise.h"

namespace vitgen {

struct CudaMaskedPatches : GpuElementwise<MaskedPatchesSpec> {
  static constexpr std::string_view name = "cuda/masked_patches";
};

}  // namespace vitgen
