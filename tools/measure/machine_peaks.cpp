#include "tools/measure/machine_peaks.h"

#include <algorithm>

#include "tools/measure/read_bandwidth.h"

namespace vitgen {

namespace {

constexpr double kCacheSeconds = 0.04;
constexpr double kMemorySeconds = 0.06;

double cache_bandwidth(std::size_t bytes, int threads) {
  return bytes == 0 ? 0 : read_bandwidth_gbs(bytes, threads, kCacheSeconds);
}

// Four times what the caches hold, so that little of the last pass is left there; at most a
// gigabyte, which no cache of a single CPU reaches.
std::size_t memory_bytes(const CacheSizes& caches) {
  const std::size_t largest = std::max({caches.l2, caches.l3, std::size_t{16} << 20});
  return std::min(4 * largest, std::size_t{1} << 30);
}

}  // namespace

MachinePeaks measure_peaks(FmaIsa isa, int threads, const CacheSizes& caches) {
  const int count = std::max(threads, 1);
  const auto shared_by = static_cast<std::size_t>(count);
  return {
      .threads = count,
      .gflops = fma_peak_gflops(isa, count, kPeakSeconds),
      .l1_gbs = cache_bandwidth(caches.l1 / 2, count),
      .l2_gbs = cache_bandwidth(caches.l2 / 2, count),
      .l3_gbs = cache_bandwidth(caches.l3 / 2 / shared_by, count),
      .memory_gbs = read_bandwidth_gbs(memory_bytes(caches) / shared_by, count, kMemorySeconds)};
}

}  // namespace vitgen
