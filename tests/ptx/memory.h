#pragma once
// The global memory of an emulated GPU: ranges of device addresses, each with the bytes behind it.
// Whatever lies in no range, or over a range's end, is an error of the program that touches it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vitgen::ptx {

class Memory {
 public:
  /// Device addresses below this may be given to ranges; those above stand for the other state
  /// spaces in generic addresses. Every address of an x86-64 process is below.
  static constexpr std::uint64_t kEnd = std::uint64_t{1} << 60;

  /// Throws std::runtime_error if the range overlaps another or passes kEnd.
  void add(std::uint64_t address, std::span<std::byte> bytes);
  /// As above for bytes that no program may write: weights, inputs.
  void add_constant(std::uint64_t address, std::span<const std::byte> bytes);
  /// Takes back a range by its first address; false if there is none.
  bool remove(std::uint64_t address);

  /// The bytes at [address, address + size), or null if they are not all in one range, or are to be
  /// written and constant.
  std::byte* find(std::uint64_t address, std::uint64_t size, bool write) const;

 private:
  struct Range {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    std::byte* bytes = nullptr;
    bool constant = false;
  };
  void insert(const Range& range);

  std::vector<Range> ranges_;  ///< by address
};

}  // namespace vitgen::ptx
