#pragma once
// NVIDIA Hopper (2022, H100 SXM, H200: 132 multiprocessors): as Ampere for 32-bit code, with up to
// 228 KiB of shared memory for each multiprocessor. What it has beyond (wgmma, bulk tensor copies)
// is for micro-kernels, as code of sm_90a, which no other device runs: Halide 21 knows no
// capability above 8.6, so its own code is that of sm_80, which runs here. Tensor cores: 989
// TFLOP/s dense f16 at 1.83 GHz (NVIDIA H100 Tensor Core GPU Architecture, 2022), by wgmma. NVIDIA
// publishes no width of its L2: it is taken to be Ampere's.

#include "schedules/machines/cuda_sm80.h"

namespace vitgen {

inline constexpr Machine cuda_sm90 = [] {
  Machine row = cuda_sm80;
  row.name = "cuda_sm90";
  row.target = "cuda-sm90";
  row.multiprocessors = 132;
  row.shared_bytes_at_launch = 227 * 1024;
  row.tensor_products = 2048;
  row.warpgroup_products = true;
  row.l2_bytes_per_cycle = 5120 / 132;
  row.capability = 90;
  row.only_capability = 90;
  return row;
}();

}  // namespace vitgen
