// Threads run one after another, each until it waits or ends. Nothing a right program does depends
// on that order.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tests/ptx/run/thread.h"

namespace vitgen::ptx {

namespace {

// Of a block, or the numbers in a special register.
std::uint64_t value_of(Special special, const Thread& thread) {
  const Block& block = *thread.block;
  const std::uint32_t bit = 1u << thread.lane;
  switch (special) {
    case Special::tid_x:
      return thread.index % block.size[0];
    case Special::tid_y:
      return thread.index / block.size[0] % block.size[1];
    case Special::tid_z:
      return thread.index / block.size[0] / block.size[1];
    case Special::ntid_x:
      return block.size[0];
    case Special::ntid_y:
      return block.size[1];
    case Special::ntid_z:
      return block.size[2];
    case Special::ctaid_x:
      return block.index[0];
    case Special::ctaid_y:
      return block.index[1];
    case Special::ctaid_z:
      return block.index[2];
    case Special::nctaid_x:
      return block.grid[0];
    case Special::nctaid_y:
      return block.grid[1];
    case Special::nctaid_z:
      return block.grid[2];
    case Special::laneid:
      return thread.lane;
    case Special::warpid:
      return thread.warp->number;
    case Special::nwarpid:
      return block.warps.size();
    case Special::lanemask_eq:
      return bit;
    case Special::lanemask_lt:
      return bit - 1;
    case Special::lanemask_le:
      return bit | (bit - 1);
    case Special::lanemask_gt:
      return ~(bit | (bit - 1));
    case Special::lanemask_ge:
      return ~(bit - 1);
  }
  return 0;
}

void fill_presets(Thread& thread) {
  const Function& function = thread.block->function;
  for (const Preset& preset : function.presets) {
    std::uint64_t value = preset.value;
    if (preset.kind == Preset::Kind::special) {
      value = value_of(static_cast<Special>(preset.value), thread);
    } else if (preset.kind == Preset::Kind::dynamic_shared) {
      const std::uint64_t unit = function.shared_alignment;
      value = (function.shared_bytes + unit - 1) / unit * unit;
    }
    thread.registers[preset.slot] = value;
  }
}

void make_threads(Block& block) {
  const std::uint32_t count = block.size[0] * block.size[1] * block.size[2];
  const Function& function = block.function;
  block.registers.assign(std::size_t{count} * function.slots, ~std::uint64_t{0});
  block.local.assign(count * function.local_bytes, std::byte{0xff});
  block.threads.resize(count);
  block.warps.resize((count + kLanes - 1) / kLanes);
  for (std::uint32_t w = 0; w < block.warps.size(); ++w) {
    const std::uint32_t first = w * kLanes;
    block.warps[w] = {block.threads.data() + first, std::min(kLanes, count - first), w};
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    Thread& thread = block.threads[i];
    thread.registers = block.registers.data() + std::size_t{i} * function.slots;
    thread.code = function.code.data();
    thread.index = i;
    thread.lane = i % kLanes;
    thread.warp = &block.warps[i / kLanes];
    thread.block = &block;
    thread.local = block.local.data() + i * function.local_bytes;
    fill_presets(thread);
  }
}

[[noreturn]] void rethrow_at(const Fault& fault, const Thread& thread, std::uint32_t line) {
  const Block& block = *thread.block;
  throw std::runtime_error(fmt::format("{}, block ({}, {}, {}), thread {}, line {}: {}",
                                       block.function.name, block.index[0], block.index[1],
                                       block.index[2], thread.index, line, fault.what()));
}

void check_sums(const Instruction& at, const Warp& warp) {
  if (warp.sums.empty() || at.takes_sums_in_flight) return;
  for (std::uint32_t i = 0; i < at.operand_count; ++i) {
    if (warp.in_flight[at.operands[i]]) throw Fault("touches a sum of a product in flight");
  }
}

/// Until it waits or ends.
void run_thread(Thread& thread) {
  const Instruction* at = thread.code + thread.next;
  std::uint64_t left = thread.block->budget;
  try {
    while (thread.state == State::running) {
      at = thread.code + thread.next;
      if (left-- == 0) throw Fault("more instructions than the launch allows a block");
      if ((thread.registers[at->guard] != 0) != at->guard_value) {
        ++thread.next;
      } else if (at->execute) {
        ++thread.next;
        check_sums(*at, *thread.warp);
        at->execute(*at, thread);
      } else {
        thread.state = State::together;
      }
    }
  } catch (const Fault& fault) {
    rethrow_at(fault, thread, at->line);
  }
  thread.block->budget = left;
}

/// The lanes that `thread` executes its instruction with, if all of them have come there; else 0.
std::uint32_t company(const Thread& thread) {
  const Instruction& at = thread.code[thread.next];
  const Warp& warp = *thread.warp;
  const std::uint32_t alive = warp.alive();
  const auto members = at.members == kTrue ? alive : thread.get<std::uint32_t>(at.members);
  if ((members >> thread.lane & 1) == 0) throw Fault("the mask of lanes lacks the lane itself");
  if ((members & ~alive) != 0) throw Fault("the mask of lanes has one that has ended");
  for (std::uint32_t lane = 0; lane < warp.size; ++lane) {
    const Thread& other = warp.lanes[lane];
    if ((members >> lane & 1) == 0) continue;
    if (other.state != State::together || other.next != thread.next) return 0;
    if (at.members != kTrue && other.get<std::uint32_t>(at.members) != members) {
      throw Fault("the lanes have different masks of lanes");
    }
  }
  return members;
}

bool run_together(Warp& warp) {
  for (std::uint32_t lane = 0; lane < warp.size; ++lane) {
    Thread& thread = warp.lanes[lane];
    if (thread.state != State::together) continue;
    const Instruction& at = thread.code[thread.next];
    try {
      const std::uint32_t lanes = company(thread);
      if (lanes == 0) continue;
      check_sums(at, warp);
      at.together(at, warp, lanes);
      for (std::uint32_t i = 0; i < warp.size; ++i) {
        if ((lanes >> i & 1) == 0) continue;
        ++warp.lanes[i].next;
        warp.lanes[i].state = State::running;
      }
    } catch (const Fault& fault) {
      rethrow_at(fault, thread, at.line);
    }
    return true;
  }
  return false;
}

bool run_warp(Warp& warp) {
  bool progress = false;
  do {
    for (std::uint32_t lane = 0; lane < warp.size; ++lane) {
      if (warp.lanes[lane].state != State::running) continue;
      run_thread(warp.lanes[lane]);
      progress = true;
    }
  } while (run_together(warp));
  return progress;
}

// An aligned barrier is one instruction for all lanes of a warp.
void check_convergence(const Thread& thread) {
  for (std::uint32_t lane = 0; lane < thread.warp->size; ++lane) {
    const Thread& other = thread.warp->lanes[lane];
    if (other.state != State::ended && other.next != thread.next) {
      rethrow_at(Fault(fmt::format("barrier divergence: thread {} of this warp is elsewhere",
                                   other.index)),
                 thread, thread.code[thread.next - 1].line);
    }
  }
}

bool release_barrier(Block& block, std::uint32_t barrier, std::uint32_t threads) {
  const auto waits = [&](const Thread& each) {
    return each.state == State::barrier && each.barrier == barrier;
  };
  const auto alive = static_cast<std::uint32_t>(std::ranges::count_if(
      block.threads, [](const Thread& each) { return each.state != State::ended; }));
  const auto waiting = static_cast<std::uint32_t>(std::ranges::count_if(block.threads, waits));
  if (waiting + block.arrivals[barrier] < (threads == 0 ? alive : threads)) return false;
  block.arrivals[barrier] = 0;
  if (waiting < alive) block.shared.stop_checks();
  ++block.time;
  block.barrier_time = block.time;
  for (Warp& warp : block.warps) warp.time = block.time;
  order_all(block);
  for (const Thread& each : block.threads) {
    if (waits(each) && each.code[each.next - 1].constant != 0) check_convergence(each);
  }
  for (Thread& each : block.threads) {
    if (waits(each)) each.state = State::running;
  }
  return true;
}

/// Threads whose phase has ended execute their instruction once more.
bool release_phases(Block& block) {
  bool progress = false;
  for (Thread& each : block.threads) {
    if (each.state != State::phase) continue;
    const Instruction& at = each.code[each.next];
    try {
      each.state = State::running;
      ++each.next;
      at.execute(at, each);
    } catch (const Fault& fault) {
      rethrow_at(fault, each, at.line);
    }
    progress |= each.state == State::running;
  }
  return progress;
}

bool release_barriers(Block& block) {
  for (const Thread& each : block.threads) {
    if (each.state == State::barrier &&
        release_barrier(block, each.barrier, each.barrier_threads)) {
      return true;
    }
  }
  return false;
}

}  // namespace

void run_block(Block& block) {
  make_threads(block);
  for (bool progress = true; progress;) {
    progress = false;
    for (Warp& warp : block.warps) progress |= run_warp(warp);
    progress |= release_barriers(block);
    progress |= release_phases(block);
  }
  for (const Thread& each : block.threads) {
    if (each.state == State::ended) continue;
    std::string where = "other lanes";
    if (each.state == State::barrier) where = fmt::format("barrier {}", each.barrier);
    if (each.state == State::phase) where = lacks(block.barriers.at(each.memory_barrier));
    const std::size_t at = each.state == State::barrier ? each.next - 1 : each.next;
    rethrow_at(Fault("deadlock: waits for " + where), each, each.code[at].line);
  }
  if (!block.bulk_copies.empty()) {
    const Thread& first = block.threads.front();
    rethrow_at(Fault("the block ends while a bulk copy is in flight"), first,
               first.code[first.next - 1].line);
  }
}

}  // namespace vitgen::ptx
