#pragma once
// Signs that a machine does not give what its figures promise, and what to tell about them.

#include <string>
#include <vector>

#include "tools/measure/machine_peaks.h"

namespace vitgen {

/// Where a cell's quartiles lie further apart, differences of a few percent mean nothing.
inline constexpr double kBusySpread = 0.05;

/// One other busy program takes 1 / (N + 1) of N CPUs: this share or less is left on up to 9 of
/// them. On more it is seldom in the way.
inline constexpr double kBusyShare = 0.9;

/// "the machine looks busy: SIGN; ADVICE".
std::string busy_note(const std::string& sign, const std::string& advice);

/// The part of their time that `threads` threads are run for while they compute for `seconds`:
/// about 1 where each has a CPU of its own and nothing else wants one.
double processor_share(int threads, double seconds);

/// Of several threads that reach no more multiply-adds than one with `one_gflops`; empty if there
/// are none.
std::string scaling_note(double one_gflops, const std::vector<MachinePeaks>& peaks);

}  // namespace vitgen
