#pragma once
// Skylake-SP (2017) and later, Zen 4 and later: 32 registers of 512 bits. Latency 4; two units in
// most Xeons and Zen 5, one as wide as both of AVX2 in Zen 4 (A. Fog, Instruction tables, VFMADD;
// uops.info).

#include "schedules/machine.h"

namespace vitgen {

inline constexpr Machine cpu_avx512{
    .name = "cpu_avx512",
    .target = "x86-64-avx512",
    .kind = MachineKind::cpu,
    .vector_bytes = 64,
    .vector_registers = 32,
    .fma_latency = 4,
    .fmas_per_cycle = 2,
    .halide_target = "x86-64-linux-sse41-avx-f16c-fma-avx2-avx512-avx512_skylake",
    .cpu_features = (1u << 0) | (1u << 1),
};

}  // namespace vitgen
