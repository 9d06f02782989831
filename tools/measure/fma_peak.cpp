#include "tools/measure/fma_peak.h"

#include <algorithm>
#include <cstdint>

#include "generators/base/error.h"
#include "runtime/cpu.h"
#include "runtime/table.h"
#include "tools/measure/timed_windows.h"

namespace vitgen {

namespace {

constexpr int kChains = 12;
constexpr int kRounds = 8;  // of all chains between two branches
// The values settle at 1: neither zeros, which draw less power than real data, nor denormals.
constexpr float kFactor = 0.5F;
constexpr float kAddend = 0.5F;

// Assembly, because a debug or sanitizer build must find the same peak. Every instruction is
// chain = chain * factor + addend.
// clang-format off
void fma_ymm(std::int64_t iterations) {
  asm volatile(
      "vbroadcastss %[factor], %%ymm14\n"
      "vbroadcastss %[addend], %%ymm15\n"
      ".irp chain, 0,1,2,3,4,5,6,7,8,9,10,11\n"
      "vmovaps %%ymm15, %%ymm\\chain\n"
      ".endr\n"
      "1:\n"
      ".rept %c[rounds]\n"
      ".irp chain, 0,1,2,3,4,5,6,7,8,9,10,11\n"
      "vfmadd213ps %%ymm15, %%ymm14, %%ymm\\chain\n"
      ".endr\n"
      ".endr\n"
      "sub $1, %[n]\n"
      "jnz 1b\n"
      "vzeroupper\n"
      : [n] "+r"(iterations)
      : [factor] "m"(kFactor), [addend] "m"(kAddend), [rounds] "i"(kRounds)
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm14", "xmm15");
}

void fma_zmm(std::int64_t iterations) {
  asm volatile(
      "vbroadcastss %[factor], %%zmm14\n"
      "vbroadcastss %[addend], %%zmm15\n"
      ".irp chain, 0,1,2,3,4,5,6,7,8,9,10,11\n"
      "vmovaps %%zmm15, %%zmm\\chain\n"
      ".endr\n"
      "1:\n"
      ".rept %c[rounds]\n"
      ".irp chain, 0,1,2,3,4,5,6,7,8,9,10,11\n"
      "vfmadd213ps %%zmm15, %%zmm14, %%zmm\\chain\n"
      ".endr\n"
      ".endr\n"
      "sub $1, %[n]\n"
      "jnz 1b\n"
      "vzeroupper\n"
      : [n] "+r"(iterations)
      : [factor] "m"(kFactor), [addend] "m"(kAddend), [rounds] "i"(kRounds)
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm14", "xmm15");
}
// clang-format on

void fma_loop(FmaIsa isa, std::int64_t iterations) {
  isa == FmaIsa::avx512 ? fma_zmm(iterations) : fma_ymm(iterations);
}

// How many iterations take a window of 2 ms: long beside the start of threads, short beside the
// slices of a scheduler.
std::int64_t calibrate(FmaIsa isa) {
  constexpr double kWindow = 2e-3;
  std::int64_t iterations = 1000;
  while (true) {
    const double seconds = best_window(1, 0, [&](int) { fma_loop(isa, iterations); });
    if (seconds >= kWindow / 2) {
      return std::max<std::int64_t>(
          1, static_cast<std::int64_t>(static_cast<double>(iterations) * kWindow / seconds));
    }
    iterations *= 2;
  }
}

}  // namespace

bool runs_fma(FmaIsa isa) {
  const std::uint32_t needed =
      isa == FmaIsa::avx512 ? VITGEN_CPU_AVX512_SKX : VITGEN_CPU_AVX2_FMA_F16C;
  return (rt::cpu_features(rt::cpu_read()) & needed) != 0;
}

FmaIsa best_fma_isa() {
  if (runs_fma(FmaIsa::avx512)) return FmaIsa::avx512;
  if (runs_fma(FmaIsa::avx2)) return FmaIsa::avx2;
  throw Error(ExitCode::target, "MEASURE_ISA", "this CPU has no AVX2 with FMA");
}

double fma_peak_gflops(FmaIsa isa, int threads, double seconds) {
  if (!runs_fma(isa)) {
    throw Error(ExitCode::target, "MEASURE_ISA",
                isa == FmaIsa::avx512 ? "this CPU runs no AVX-512, so its peak cannot be measured"
                                      : "this CPU runs no AVX2, so its peak cannot be measured");
  }
  const std::int64_t iterations = calibrate(isa);
  const double best = best_window(threads, seconds, [&](int) { fma_loop(isa, iterations); });
  const double lanes = static_cast<double>(isa) / sizeof(float);
  return 2 * lanes * kChains * kRounds * static_cast<double>(iterations) * std::max(threads, 1) /
         best * 1e-9;
}

}  // namespace vitgen
