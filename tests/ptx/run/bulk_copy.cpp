#include "tests/ptx/run/bulk_copy.h"

#include <algorithm>
#include <vector>

#include "tests/ptx/run/thread.h"

namespace vitgen::ptx {

namespace {

// PTX ISA, "Tensors": the swizzle of 128 bytes wants rows of as many.
constexpr std::uint64_t kRowBytes = 128;
constexpr std::uint64_t kChunk = 16;

std::uint32_t bytes_of(const TensorMap& map) {
  std::uint32_t bytes = map.element_bytes;
  for (std::size_t d = 0; d < map.dims; ++d) bytes *= map.box[d];
  return bytes;
}

bool overlap(std::uint64_t a, std::uint64_t a_bytes, std::uint64_t b, std::uint64_t b_bytes) {
  return a < b + b_bytes && b < a + a_bytes;
}

void check_destination(Thread& thread, const BulkCopy& copy) {
  Block& block = *thread.block;
  if (copy.to % kRowBytes != 0) throw Fault("misaligned: the destination of a bulk copy");
  if (copy.to + copy.bytes > block.shared.size()) throw Fault("out of bounds: a bulk copy");
  for (const BulkCopy& other : block.bulk_copies) {
    if (overlap(copy.to, copy.bytes, other.to, other.bytes)) {
      throw Fault("a bulk copy to where one in flight goes");
    }
  }
  const auto barrier = block.barriers.lower_bound(copy.to);
  if (barrier != block.barriers.end() && barrier->first < copy.to + copy.bytes) {
    throw Fault("a bulk copy over a memory barrier");
  }
  if (block.shared.is_read_in_flight(copy.to, copy.bytes)) {
    throw Fault("a bulk copy over a factor of a product in flight");
  }
  if (!block.shared.is_ordered_after_products(copy.to, copy.bytes, thread.warp->number,
                                              thread.ordered_after)) {
    throw Fault("race: a bulk copy over a factor whose product is not known to have ended");
  }
}

/// One row of a box: from global memory, zeros beyond the tensor's edges.
std::vector<std::byte> row_of(const BulkCopy& copy, const std::array<std::int64_t, 5>& at,
                              const Memory& memory) {
  const TensorMap& map = copy.map;
  std::vector<std::byte> row(std::size_t{map.box[0]} * map.element_bytes);
  std::uint64_t address = map.address;
  for (std::size_t d = 1; d < map.dims; ++d) {
    if (at[d] < 0 || at[d] >= map.extents[d]) return row;
    address += static_cast<std::uint64_t>(at[d]) * map.strides[d - 1];
  }
  const std::int64_t begin = std::max<std::int64_t>(at[0], 0);
  const std::int64_t end = std::min<std::int64_t>(at[0] + map.box[0], map.extents[0]);
  if (begin >= end) return row;
  const auto size = static_cast<std::uint64_t>(end - begin) * map.element_bytes;
  const std::byte* from =
      memory.find(address + static_cast<std::uint64_t>(begin) * map.element_bytes, size, false);
  if (!from) throw Fault("out of bounds: a bulk copy's row in global memory");
  std::copy_n(from, size, row.data() + (begin - at[0]) * map.element_bytes);
  return row;
}

void put_row(Block& block, const BulkCopy& copy, std::uint64_t to,
             const std::vector<std::byte>& row) {
  for (std::uint64_t c = 0; c < row.size(); c += kChunk) {
    std::uint64_t address = to + c;
    if (copy.map.swizzle_bytes == kRowBytes) address ^= (address / kRowBytes % 8) * kChunk;
    block.shared.write_in_bulk(address, row.data() + c, kChunk);
  }
}

void bring(Block& block, const BulkCopy& copy) {
  std::array<std::int64_t, 5> index{};
  const std::uint64_t row_bytes = std::uint64_t{copy.map.box[0]} * copy.map.element_bytes;
  for (std::uint64_t to = copy.to; to < copy.to + copy.bytes; to += row_bytes) {
    std::array<std::int64_t, 5> at = index;
    for (std::size_t d = 0; d < 5; ++d) at[d] += copy.first[d];
    put_row(block, copy, to, row_of(copy, at, block.memory));
    for (std::size_t d = 1; d < copy.map.dims && ++index[d] == copy.map.box[d]; ++d) index[d] = 0;
  }
}

}  // namespace

void begin_bulk_copy(Thread& thread, BulkCopy copy) {
  Block& block = *thread.block;
  copy.bytes = bytes_of(copy.map);
  if (!memory_barrier(thread, copy.barrier).shown) {
    throw Fault("a bulk copy that counts at a memory barrier without a fence after it was made");
  }
  check_destination(thread, copy);
  const std::vector<std::byte> garbage(copy.bytes, std::byte{0xff});
  block.shared.write_in_bulk(copy.to, garbage.data(), copy.bytes);
  block.arrivals_of_copies.resize(block.shared.size() / kChunk + 1);
  for (std::uint64_t at = copy.to; at < copy.to + copy.bytes; at += kChunk) {
    block.arrivals_of_copies[at / kChunk] = {copy.barrier, kInFlight};
  }
  block.bulk_copies.push_back(copy);
}

void finish_bulk_copies(Thread& thread, std::uint64_t offset) {
  Block& block = *thread.block;
  MemoryBarrier& barrier = memory_barrier(thread, offset);
  if (barrier.missing != 0) return;
  const std::uint64_t phase = barrier.phase;
  std::vector<BulkCopy> later;
  for (const BulkCopy& copy : block.bulk_copies) {
    if (copy.barrier != offset || barrier.phase != phase) {
      later.push_back(copy);
      continue;
    }
    if (barrier.bytes < copy.bytes) throw Fault("a bulk copy brings more bytes than are expected");
    bring(block, copy);
    for (std::uint64_t at = copy.to; at < copy.to + copy.bytes; at += kChunk) {
      block.arrivals_of_copies[at / kChunk].phase = phase;
    }
    bring_bytes(barrier, copy.bytes);
  }
  block.bulk_copies = std::move(later);
}

void check_arrival(const Thread& thread, std::uint64_t offset, std::uint64_t bytes) {
  const Block& block = *thread.block;
  if (block.arrivals_of_copies.empty()) return;
  for (std::uint64_t at = offset / kChunk; at * kChunk < offset + bytes; ++at) {
    const Arrival& arrival = block.arrivals_of_copies[at];
    if (arrival.phase == kNoCopy) continue;
    if (arrival.phase == kInFlight) throw Fault("reads what a bulk copy in flight is to bring");
    if (block.barriers.at(arrival.barrier).known[thread.index] <= arrival.phase) {
      throw Fault("race: reads what a bulk copy brought without having waited for it");
    }
  }
}

}  // namespace vitgen::ptx
