#pragma once
// The clock of waiting and of step times.

#include <stdint.h>
#include <time.h>

namespace vitgen::rt {

inline uint64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1000000000u + static_cast<uint64_t>(t.tv_nsec);
}

}  // namespace vitgen::rt
