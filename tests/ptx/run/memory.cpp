#include "tests/ptx/memory.h"

#include <algorithm>
#include <stdexcept>

namespace vitgen::ptx {

void Memory::insert(const Range& range) {
  if (range.begin > kEnd || range.size > kEnd - range.begin) {
    throw std::runtime_error("a range of device memory beyond the addresses of global memory");
  }
  const auto next = std::ranges::lower_bound(ranges_, range.begin, {}, &Range::begin);
  const bool meets_next = next != ranges_.end() && next->begin < range.begin + range.size;
  const bool meets_last =
      next != ranges_.begin() && range.begin < (next - 1)->begin + (next - 1)->size;
  if (meets_next || meets_last) {
    throw std::runtime_error("two ranges of device memory overlap");
  }
  ranges_.insert(next, range);
}

void Memory::add(std::uint64_t address, std::span<std::byte> bytes) {
  insert({address, bytes.size(), bytes.data(), false});
}

void Memory::add_constant(std::uint64_t address, std::span<const std::byte> bytes) {
  // Never written: find() gives no pointer for that.
  insert({address, bytes.size(), const_cast<std::byte*>(bytes.data()), true});
}

bool Memory::remove(std::uint64_t address) {
  return std::erase_if(ranges_, [&](const Range& each) { return each.begin == address; }) > 0;
}

std::byte* Memory::find(std::uint64_t address, std::uint64_t size, bool write) const {
  auto after = std::ranges::upper_bound(ranges_, address, {}, &Range::begin);
  if (after == ranges_.begin()) return nullptr;
  const Range& range = *(after - 1);
  const std::uint64_t offset = address - range.begin;
  if (offset > range.size || size > range.size - offset || (write && range.constant))
    return nullptr;
  return range.bytes + offset;
}

}  // namespace vitgen::ptx
