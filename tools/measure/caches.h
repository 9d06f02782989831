#pragma once
// The sizes of the caches that one CPU sees.

#include <cstddef>
#include <string>

namespace vitgen {

/// Bytes; 0: there is none, or the system does not tell.
struct CacheSizes {
  std::size_t l1 = 0;  ///< data
  std::size_t l2 = 0;
  std::size_t l3 = 0;
  bool operator==(const CacheSizes&) const = default;
};

/// Of CPU 0, as Linux tells in `folder`, else as the C library does.
CacheSizes cache_sizes(const std::string& folder = "/sys/devices/system/cpu/cpu0/cache");

}  // namespace vitgen
