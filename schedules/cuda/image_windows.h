#pragma once
// for block, for element                    one thread for each,
// schedules/support/gpu_elementwise.h Bound: memory; one write of the windows, which read each
// pixel several times, from L1.

#include "generators/ops/image_windows.h"
#include "schedules/support/gpu_elementwise.h"

namespace vitgen {

struct CudaImageWindows : GpuElementwise<ImageWindowsSpec> {
  static constexpr std::string_view name = "cuda/image_windows";
};

}  // namespace vitgen
