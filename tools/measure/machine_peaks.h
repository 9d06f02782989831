#pragma once
// The roofs of one machine for one number of threads.

#include "generators/base/caches.h"
#include "tools/measure/fma_peak.h"

namespace vitgen {

/// GF/s, and read bandwidths in GB/s (1e9) of all threads together; 0: there is no such cache.
struct MachinePeaks {
  int threads = 1;
  double gflops = 0;
  double l1_gbs = 0;
  double l2_gbs = 0;
  double l3_gbs = 0;
  double memory_gbs = 0;
  bool operator==(const MachinePeaks&) const = default;
};

/// Measures for about 0.3 s, plus the time to write the buffers. Throws what its parts throw.
MachinePeaks measure_peaks(FmaIsa isa, int threads, const CacheSizes& caches);

}  // namespace vitgen
