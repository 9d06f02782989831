#include "tests/ptx/run/shared_memory.h"

#include <algorithm>
#include <cstring>

namespace vitgen::ptx {

namespace {

constexpr std::uint32_t kLanes = 32;
constexpr std::uint32_t kWarps = 1u << 16;  ///< beyond every thread's number
constexpr std::uint32_t kMany = 1u << 17;

std::uint32_t warp_of(std::uint32_t who) {
  return who >= kWarps ? who - kWarps : (who - 1) / kLanes;
}

}  // namespace

SharedMemory::SharedMemory(std::uint64_t bytes)
    : bytes_(bytes, std::byte{0xff}), records_(bytes), reads_in_flight_(bytes / kReadBytes + 1) {}

bool SharedMemory::is_read_in_flight(std::uint64_t offset, std::uint64_t size) const {
  const auto first = reads_in_flight_.begin() + static_cast<std::ptrdiff_t>(offset / kReadBytes);
  const auto end =
      reads_in_flight_.begin() + static_cast<std::ptrdiff_t>((offset + size - 1) / kReadBytes + 1);
  return std::any_of(first, end, [](std::uint32_t count) { return count != 0; });
}

void SharedMemory::note_product(std::uint64_t offset, std::uint32_t warp, std::uint32_t epoch) {
  products_.resize(reads_in_flight_.size());
  products_[offset / kReadBytes].at(warp) = epoch;
}

bool SharedMemory::is_ordered_after_products(std::uint64_t offset, std::uint64_t size,
                                             std::uint32_t warp,
                                             std::span<const std::uint32_t> epochs) const {
  if (products_.empty()) return true;
  for (std::uint64_t c = offset / kReadBytes; c * kReadBytes < offset + size; ++c) {
    for (std::uint32_t w = 0; w < kMaxWarps; ++w) {
      const std::uint32_t known = w < epochs.size() ? epochs[w] : 0;
      if (w != warp && products_[c][w] > known) return false;
    }
  }
  return true;
}

void SharedMemory::write_in_bulk(std::uint64_t offset, const void* from, std::uint64_t size) {
  std::memcpy(bytes_.data() + offset, from, size);
  std::fill_n(records_.begin() + static_cast<std::ptrdiff_t>(offset), size, Record{});
}

bool SharedMemory::ordered(const Touch& touch, const Toucher& who) {
  if (touch.who == 0 || touch.who == who.thread + 1) return true;
  const bool same_warp = touch.who != kMany && warp_of(touch.who) == who.warp;
  return touch.time < (same_warp ? who.warp_time : who.block_time);
}

void SharedMemory::add_reader(Touch& readers, const Toucher& who) {
  if (ordered(readers, who)) {
    readers = {who.now, who.thread + 1};
  } else {
    const bool same_warp = readers.who != kMany && warp_of(readers.who) == who.warp;
    readers = {who.now, same_warp ? kWarps + who.warp : kMany};
  }
}

bool SharedMemory::read(std::uint64_t offset, void* to, std::uint32_t size, const Toucher& who) {
  std::memcpy(to, bytes_.data() + offset, size);
  if (!checked_) return true;
  for (std::uint64_t i = offset; i < offset + size; ++i) {
    if (!ordered(records_[i].write, who)) return false;
    add_reader(records_[i].read, who);
  }
  return true;
}

SharedMemory::Writer SharedMemory::last_writer(std::uint64_t offset) const {
  const Touch& touch = records_[offset].write;
  return {touch.who - 1, touch.time, touch.who != 0};
}

bool SharedMemory::write(std::uint64_t offset, const void* from, std::uint32_t size,
                         const Toucher& who) {
  bool right = true;
  const auto* values = static_cast<const std::byte*>(from);
  for (std::uint32_t k = 0; checked_ && k < size; ++k) {
    Record& record = records_[offset + k];
    if (bytes_[offset + k] != values[k]) {
      right = right && ordered(record.write, who) && ordered(record.read, who);
    }
    record.write = {who.now, who.thread + 1};
  }
  std::memcpy(bytes_.data() + offset, from, size);
  return right;
}

}  // namespace vitgen::ptx
