#pragma once
// NVIDIA Ampere (2020, A100): 65,536 registers and up to 164 KiB of shared memory for each
// multiprocessor; a block gets more than 48 KiB only if its launch asks for it.

#include "schedules/machine.h"

namespace vitgen {

inline constexpr Machine cuda_sm80{
    .name = "cuda_sm80",
    .target = "",
    .parent = "",
    .kind = MachineKind::gpu,
    .warp = 32,
    .max_threads = 1024,
    .shared_bytes = 48 * 1024,
    .registers = 65536,
    .halide_target = "x86-64-linux-cuda-cuda_capability_80",
};

}  // namespace vitgen
