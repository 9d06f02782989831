#pragma once
// What measures a GPU, as device code for a row.

#include "schedules/machine.h"
#include "tools/measure/gpu_peaks.h"

namespace vitgen {

/// Products by the best instructions that the row's kernels have for factors of this type, f32, f16
/// or bf16: those of f32 are not for tensor cores.
GpuPeakKernels peak_kernels(const Machine& machine, DType factors);

}  // namespace vitgen
