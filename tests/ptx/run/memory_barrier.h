#pragma once
// mbarrier: barriers that are objects in shared memory, whose phases end after a number of arrivals
// and of bytes that bulk copies bring.
//
// Who is ordered after whom is counted by warp: each arrival ends an epoch of its warp, and who
// waits for the phase is ordered after the epochs that its arrivals ended.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vitgen::ptx {

struct Block;
struct Thread;

/// By warp: the number of epochs that somebody is ordered after.
using Epochs = std::vector<std::uint32_t>;

struct MemoryBarrier {
  std::uint32_t arrivals = 0;             ///< that a phase takes
  std::uint32_t missing = 0;              ///< of them in this phase
  std::int64_t bytes = 0;                 ///< expected in this phase that have not come
  std::uint64_t phase = 0;                ///< number of this one
  std::uint32_t maker = 0;                ///< thread that made it
  std::uint32_t made = 0;                 ///< time of that
  bool shown = false;                     ///< to copies, by a fence
  Epochs arrived, ended;                  ///< in this phase; in those before
  std::vector<std::uint64_t> known = {};  ///< by thread: phases whose end it has seen
};

/// By offset in shared memory.
using MemoryBarriers = std::map<std::uint64_t, MemoryBarrier>;

void make_memory_barrier(Thread& thread, std::uint64_t offset, std::uint32_t arrivals);
/// What the thread has made can be used by copies.
void show_memory_barriers(Thread& thread);
/// One that is there and that the thread can see. Throws Fault.
MemoryBarrier& memory_barrier(Thread& thread, std::uint64_t offset);
void arrive(Thread& thread, std::uint64_t offset, std::uint32_t expected_bytes);
/// Bytes of a copy have come.
void bring_bytes(MemoryBarrier& barrier, std::uint32_t bytes);
/// Whether the latest phase of that parity has ended; then the thread is ordered after it.
bool has_ended(Thread& thread, MemoryBarrier& barrier, std::uint32_t parity);
/// After a barrier of all threads.
void order_all(Block& block);
/// What the barrier waits for.
std::string lacks(const MemoryBarrier& barrier);

}  // namespace vitgen::ptx
