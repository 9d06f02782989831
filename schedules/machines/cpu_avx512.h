#pragma once
// Skylake-SP (2017) and later, Zen 4 and later: 32 registers of 512 bits.

#include "schedules/machine.h"

namespace vitgen {

inline constexpr Machine cpu_avx512{
    .name = "cpu_avx512",
    .target = "x86-64-avx512",
    .kind = MachineKind::cpu,
    .vector_bytes = 64,
    .vector_registers = 32,
    .halide_target = "x86-64-linux-sse41-avx-f16c-fma-avx2-avx512-avx512_skylake",
    .cpu_features = (1u << 0) | (1u << 1),
};

}  // namespace vitgen
