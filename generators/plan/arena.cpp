#include <algorithm>
#include <numeric>
#include <utility>

#include "generators/plan/plan.h"

namespace vitgen {

namespace {

std::int64_t aligned(std::int64_t bytes) {
  return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
}

bool alive_together(const Buffer& a, const Buffer& b) {
  return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

void set_lifetimes(Plan& plan) {
  std::vector<bool> seen(plan.buffers.size(), false);
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    for (const Slot& slot : plan.steps[s].slots) {
      if (slot.kind != SlotKind::arena) continue;
      const auto index = static_cast<std::size_t>(slot.index);
      Buffer& buffer = plan.buffers.at(index);
      if (!seen[index]) buffer.first_step = static_cast<int>(s);
      buffer.last_step = static_cast<int>(s);
      seen[index] = true;
    }
  }
}

/// The lowest offset at which `buffer` overlaps none of the `placed` ones it lives with.
std::int64_t lowest_offset(const Buffer& buffer, const std::vector<const Buffer*>& placed) {
  std::vector<const Buffer*> rivals;
  for (const Buffer* other : placed) {
    if (alive_together(buffer, *other)) rivals.push_back(other);
  }
  std::ranges::sort(rivals, {}, &Buffer::offset);
  std::int64_t offset = 0;
  for (const Buffer* rival : rivals) {
    if (offset + aligned(buffer.bytes) <= rival->offset) break;
    offset = std::max(offset, rival->offset + aligned(rival->bytes));
  }
  return offset;
}

}  // namespace

void assign_arena(Plan& plan) {
  set_lifetimes(plan);
  std::vector<std::size_t> order(plan.buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(
      order, {}, [&](std::size_t index) { return std::pair(-plan.buffers[index].bytes, index); });
  std::vector<const Buffer*> placed;
  plan.arena_bytes = 0;
  for (const std::size_t index : order) {
    Buffer& buffer = plan.buffers[index];
    buffer.offset = lowest_offset(buffer, placed);
    placed.push_back(&buffer);
    plan.arena_bytes = std::max(plan.arena_bytes, buffer.offset + aligned(buffer.bytes));
  }
}

std::int64_t peak_bytes(const Plan& plan) {
  std::int64_t peak = 0;
  for (int s = 0; s < static_cast<int>(plan.steps.size()); ++s) {
    std::int64_t alive = 0;
    for (const Buffer& buffer : plan.buffers) {
      if (buffer.first_step <= s && s <= buffer.last_step) alive += aligned(buffer.bytes);
    }
    peak = std::max(peak, alive);
  }
  return peak;
}

}  // namespace vitgen
