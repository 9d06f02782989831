#pragma once
// NVIDIA Ampere (2020, A100: 108 multiprocessors): 65,536 registers and up to 164 KiB of shared
// memory for each multiprocessor; a block gets more than 48 KiB only if its launch asks for it. Two
// blocks of 256 threads leave 128 registers for a thread. A block of its own has all but 1 KiB
// (CUDA C++ Programming Guide, 16.7.3). Tensor cores: 312 TFLOP/s dense f16 at 1.41 GHz; L2: 5,120
// bytes a cycle (NVIDIA A100 Tensor Core GPU Architecture, 2020). A driver compiles this row's PTX
// for every later device.

#include "schedules/machine.h"

namespace vitgen {

inline constexpr Machine cuda_sm80{
    .name = "cuda_sm80",
    .target = "cuda-sm80",
    .kind = MachineKind::gpu,
    .multiprocessors = 108,
    .warp = 32,
    .max_threads = 1024,
    .block_threads = 256,
    .shared_bytes = 48 * 1024,
    .registers = 65536,
    .shared_bytes_at_launch = 163 * 1024,
    .tensor_products = 1024,
    .l2_bytes_per_cycle = 5120 / 108,
    .capability = 80,
    .halide_target = "x86-64-linux-cuda-cuda_capability_80",
};

}  // namespace vitgen
