#pragma once
// Sapphire Rapids (2023) and later: AVX-512 and eight tile registers. Halide's own code is that of
// the AVX-512 row; tiles are used by micro-kernels only.

#include "schedules/machine.h"

namespace vitgen {

inline constexpr Machine cpu_amx{
    .name = "cpu_amx",
    .target = "",
    .parent = "cpu_avx512",
    .kind = MachineKind::cpu,
    .vector_bytes = 64,
    .vector_registers = 32,
    .masks = true,
    .amx = true,
    .halide_target = "x86-64-linux-sse41-avx-f16c-fma-avx2-avx512-avx512_skylake",
    .cpu_features = (1u << 0) | (1u << 1) | (1u << 2),
};

}  // namespace vitgen
