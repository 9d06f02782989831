#include "tests/ptx/run/memory_barrier.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/ptx/run/thread.h"

namespace vitgen::ptx {

namespace {

void join(Epochs& into, const Epochs& from) {
  into.resize(std::max(into.size(), from.size()));
  for (std::size_t w = 0; w < from.size(); ++w) into[w] = std::max(into[w], from[w]);
}

void end_phase_if_whole(MemoryBarrier& barrier) {
  if (barrier.missing != 0 || barrier.bytes != 0) return;
  ++barrier.phase;
  barrier.missing = barrier.arrivals;
  join(barrier.ended, barrier.arrived);
  barrier.arrived.clear();
}

}  // namespace

void make_memory_barrier(Thread& thread, std::uint64_t offset, std::uint32_t arrivals) {
  Block& block = *thread.block;
  if (offset % 8 != 0 || offset + 8 > block.shared.size()) {
    throw Fault("misaligned or out of bounds: a memory barrier");
  }
  if (arrivals == 0) throw Fault("a memory barrier without arrivals");
  MemoryBarrier barrier{.arrivals = arrivals,
                        .missing = arrivals,
                        .maker = thread.index,
                        .made = block.time,
                        .arrived = {},
                        .ended = {}};
  barrier.known.resize(block.threads.size());
  if (!block.barriers.emplace(offset, std::move(barrier)).second) {
    throw Fault("a memory barrier is made where there is one");
  }
}

void show_memory_barriers(Thread& thread) {
  for (auto& [offset, barrier] : thread.block->barriers) {
    barrier.shown |= barrier.maker == thread.index;
  }
}

MemoryBarrier& memory_barrier(Thread& thread, std::uint64_t offset) {
  const auto found = thread.block->barriers.find(offset);
  if (found == thread.block->barriers.end()) {
    throw Fault(fmt::format("no memory barrier was made at {:#x}", offset));
  }
  const MemoryBarrier& barrier = found->second;
  const bool same_warp = barrier.maker / kLanes == thread.warp->number;
  if (barrier.maker != thread.index &&
      barrier.made >= (same_warp ? thread.warp->time : thread.block->barrier_time)) {
    throw Fault("race: a memory barrier that another thread made since the last barrier");
  }
  return found->second;
}

void arrive(Thread& thread, std::uint64_t offset, std::uint32_t expected_bytes) {
  MemoryBarrier& barrier = memory_barrier(thread, offset);
  if (barrier.missing == 0) throw Fault("more arrivals than a phase of the memory barrier takes");
  Warp& warp = *thread.warp;
  join(barrier.arrived, thread.ordered_after);
  barrier.arrived.resize(thread.block->warps.size());
  barrier.arrived[warp.number] = ++warp.epoch;
  barrier.bytes += expected_bytes;
  --barrier.missing;
  end_phase_if_whole(barrier);
}

void bring_bytes(MemoryBarrier& barrier, std::uint32_t bytes) {
  barrier.bytes -= bytes;
  end_phase_if_whole(barrier);
}

// The phase before the first counts as one of parity 1 that has ended.
bool has_ended(Thread& thread, MemoryBarrier& barrier, std::uint32_t parity) {
  if (barrier.phase % 2 == parity) return false;
  barrier.known[thread.index] = barrier.phase;
  join(thread.ordered_after, barrier.ended);
  return true;
}

void order_all(Block& block) {
  if (block.barriers.empty()) return;
  Epochs all;
  for (Warp& warp : block.warps) all.push_back(++warp.epoch);
  for (Thread& thread : block.threads) thread.ordered_after = all;
}

std::string lacks(const MemoryBarrier& barrier) {
  return fmt::format("a memory barrier that lacks {} arrivals and {} bytes", barrier.missing,
                     barrier.bytes);
}

}  // namespace vitgen::ptx
