#pragma once
// Any OpenCL device, for tests only: the GPU schedules run on a CPU through PoCL, shared memory and
// barriers included. No warps. 32 KiB of local memory is what OpenCL 1.2 guarantees (table 4.3);
// blocks of 256 threads are what every GPU and PoCL (4096) have. The multiprocessors are those of
// the CUDA row, so that the tests run the tiles that it gets.

#include "schedules/machine.h"

namespace vitgen {

inline constexpr Machine opencl{
    .name = "opencl",
    .target = "",
    .kind = MachineKind::gpu,
    .multiprocessors = 108,
    .warp = 1,
    .max_threads = 256,
    .block_threads = 256,
    .shared_bytes = 32 * 1024,
    .halide_target = "x86-64-linux-opencl",
};

}  // namespace vitgen
