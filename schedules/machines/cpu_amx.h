#pragma once
// Sapphire Rapids (2023) and later: AVX-512 and eight tile registers. Halide's own code is that of
// the AVX-512 row; tiles are used by micro-kernels only.

#include "schedules/machines/cpu_avx512.h"

namespace vitgen {

inline constexpr Machine cpu_amx = [] {
  Machine row = cpu_avx512;
  row.name = "cpu_amx";
  row.target = "";
  row.amx = true;
  row.microkernel_cpu = "sapphirerapids";
  row.cpu_features |= 1u << 2;
  return row;
}();

}  // namespace vitgen
