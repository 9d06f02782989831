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

/// As Linux tells in the `cache` folder of a CPU, recorded ones included.
CacheSizes cache_sizes(const std::string& folder);

/// Of CPU 0 of this machine, as Linux tells or else the C library.
CacheSizes cache_sizes();

}  // namespace vitgen
