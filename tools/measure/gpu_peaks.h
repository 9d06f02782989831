#pragma once
// The roofs of a GPU. Who calls brings the kernels: this folder has no compiler.

#include <cstddef>
#include <cstdint>
#include <string>

#include "generators/base/op_spec.h"
#include "tools/measure/gpu.h"
#include "tools/measure/machine_peaks.h"

namespace vitgen {

/// A kernel that keeps one part of a GPU busy, as schedules/microkernels/peak_code.h makes them and
/// says what their parameters are.
struct PeakKernel {
  std::string ptx;
  std::string entry;
  std::uint32_t threads = 32;  ///< of a block
  std::uint32_t blocks = 1;    ///< that share a multiprocessor
  std::uint32_t shared_bytes = 0;
  std::size_t input_bytes = 0;
  double work = 0;  ///< operations, or bytes, that a block does in a step
  bool operator==(const PeakKernel&) const = default;
};

struct GpuPeakKernels {
  /// Of the factors of `products`: of 16 bits on tensor cores, f32 on the other ones.
  DType factors = DType::f32;
  PeakKernel products;
  PeakKernel reads;
  bool operator==(const GpuPeakKernels&) const = default;
};

/// What the GPU can do at most in products of such factors, in GF/s: the best of many windows of 5
/// ms by the GPU's own clock, for some 0.1 s. 0 where that clock stands still. Throws GPU_CALL.
double gpu_product_gflops(const Gpu& gpu, const GpuPeakKernels& kernels);

/// That, and read bandwidths: of a buffer that half of the L2 cache holds, and of one of 16 times
/// its size. Takes some 0.3 s and at most 2 GiB of the GPU's memory. Throws GPU_CALL.
MachinePeaks measure_gpu_peaks(const Gpu& gpu, const GpuPeakKernels& kernels);

}  // namespace vitgen
