#pragma once
// for block, for element                    one thread for each,
// schedules/support/gpu_elementwise.h Bound: memory; one read and one write; reads run along a
// patch's row of stride pixels.

#include "generators/ops/pixel_shuffle.h"
#include "schedules/support/gpu_elementwise.h"

namespace vitgen {

struct CudaPixelShuffle : GpuElementwise<PixelShuffleSpec> {
  static constexpr std::string_view name = "cuda/pixel_shuffle";
};

}  // namespace vitgen
