#pragma once
// cp.async.bulk.tensor: boxes of tensors on their way to shared memory. A copy arrives when
// somebody waits for its barrier and nothing else is missing there, and no sooner.

#include <array>
#include <cstdint>

#include "tests/ptx/tensor_map.h"

namespace vitgen::ptx {

struct Thread;
struct Block;

struct BulkCopy {
  TensorMap map;
  std::array<std::int32_t, 5> first{};  ///< element of the box, innermost first
  std::uint64_t to = 0;                 ///< in shared memory
  std::uint64_t barrier = 0;            ///< that counts its bytes
  std::uint32_t bytes = 0;
};

/// Begins it after checks of all it touches. Throws Fault.
void begin_bulk_copy(Thread& thread, BulkCopy copy);
/// Those that count at the barrier arrive, if it lacks nothing else.
void finish_bulk_copies(Thread& thread, std::uint64_t barrier);
/// What a copy brought can be read by threads that have seen the end of its phase. Throws Fault for
/// a thread that has not.
void check_arrival(const Thread& thread, std::uint64_t offset, std::uint64_t bytes);

}  // namespace vitgen::ptx
