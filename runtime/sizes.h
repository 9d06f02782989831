#pragma once
// Sums of sizes that may overflow.

#include "runtime/table.h"

namespace vitgen::rt {

/// Sizes that do not fit into 63 bits become this and stay so.
enum : uint64_t { kTooMuch = uint64_t{1} << 63 };

inline uint64_t add(uint64_t a, uint64_t b) {
  uint64_t sum;
  return __builtin_add_overflow(a, b, &sum) || sum > kTooMuch ? uint64_t{kTooMuch} : sum;
}

inline uint64_t multiply(uint64_t a, uint64_t b) {
  uint64_t product;
  return __builtin_mul_overflow(a, b, &product) || product > kTooMuch ? uint64_t{kTooMuch}
                                                                      : product;
}

inline uint64_t aligned(uint64_t bytes) {
  return add(bytes, VITGEN_ALIGNMENT - 1) & ~uint64_t{VITGEN_ALIGNMENT - 1};
}

inline uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

}  // namespace vitgen::rt
