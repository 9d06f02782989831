#pragma once
// What the CPU's multiply-adds can do at most: the 100 % of every "% of peak".

namespace vitgen {

/// Instruction sets with f32 fused multiply-add, by the width of their registers in bytes.
enum class FmaIsa : int {
  avx2 = 32,    ///< AVX2 and FMA: 8 lanes
  avx512 = 64,  ///< AVX-512: 16 lanes
};

/// The CPU has the instructions and the system saves their registers.
bool runs_fma(FmaIsa isa);

/// The widest that runs here. Throws target MEASURE_ISA if none does.
FmaIsa best_fma_isa();

/// Long enough for a peak, in seconds.
inline constexpr double kPeakSeconds = 0.1;

/// Measured f32 peak of `threads` threads together in GF/s, 2 operations per multiply-add: a loop
/// of 12 independent chains in registers (two units of 4 cycles latency need 8, of 5 cycles 10),
/// the best of many windows of about 2 ms. Takes `seconds` (at least some 10 ms) and
/// wants the machine for itself. With more threads than CPUs it is what the CPUs give.
/// Throws target MEASURE_ISA if the instructions do not run here.
double fma_peak_gflops(FmaIsa isa, int threads, double seconds);

}  // namespace vitgen
