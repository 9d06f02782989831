#pragma once
// A tensor map as the emulated driver encodes it: cp.async.bulk.tensor reads it, and nobody else
// may know what is in it.

#include <array>
#include <cstdint>

namespace vitgen::ptx {

/// Sizes are innermost first.
struct alignas(64) TensorMap {
  static constexpr std::uint32_t kMagic = 0x70616d74;

  std::uint32_t magic = kMagic;
  std::uint8_t dims = 0;
  std::uint8_t element_bytes = 0;
  std::uint16_t swizzle_bytes = 0;  ///< 0: none
  std::uint64_t address = 0;
  std::array<std::uint64_t, 4> strides{};  ///< bytes from index to index, from the second dim on
  std::array<std::uint32_t, 5> extents{};  ///< in elements
  std::array<std::uint32_t, 5> box{};      ///< that one copy moves, in elements
};
static_assert(sizeof(TensorMap) == 128);

}  // namespace vitgen::ptx
