#pragma once
// NVIDIA Hopper (2022, H100, H200): as Ampere for 32-bit code, with up to 228 KiB of shared memory
// for each multiprocessor. What it has beyond (wgmma, bulk tensor copies) is for micro-kernels:
// Halide 21 knows no capability above 8.6, so its own code is that of sm_80, which runs here.

#include "schedules/machine.h"

namespace vitgen {

inline constexpr Machine cuda_sm90{
    .name = "cuda_sm90",
    .target = "",
    .parent = "cuda_sm80",
    .kind = MachineKind::gpu,
    .warp = 32,
    .max_threads = 1024,
    .shared_bytes = 48 * 1024,
    .registers = 65536,
    .halide_target = "x86-64-linux-cuda-cuda_capability_80",
};

}  // namespace vitgen
