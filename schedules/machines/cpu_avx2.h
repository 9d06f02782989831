#pragma once
// Haswell (2013) and later, Zen and later: 16 registers of 256 bits, FMA. Two units; the latency is
// 4 from Skylake and Zen 3 on, 5 before (A. Fog, Instruction tables, VFMADD; uops.info).

#include "schedules/machine.h"

namespace vitgen {

inline constexpr Machine cpu_avx2{
    .name = "cpu_avx2",
    .target = "x86-64-avx2",
    .kind = MachineKind::cpu,
    .vector_bytes = 32,
    .vector_registers = 16,
    .fma_latency = 4,
    .fmas_per_cycle = 2,
    .halide_target = "x86-64-linux-sse41-avx-f16c-fma-avx2",
    .cpu_features = 1u << 0,
};

}  // namespace vitgen
