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

/// Whether the driver encodes such a map: CUDA driver API, cuTensorMapEncodeTiled.
inline bool is_legal(const TensorMap& map) {
  constexpr std::uint64_t kUnit = 16;  ///< bytes
  constexpr std::uint64_t kMostStride = std::uint64_t{1} << 40;
  constexpr std::uint32_t kMostOfBox = 256;
  if (map.dims < 1 || map.dims > 5 || map.address % kUnit != 0) return false;
  const std::uint32_t row_bytes = map.box[0] * map.element_bytes;
  if (row_bytes % kUnit != 0 || (map.swizzle_bytes != 0 && row_bytes > map.swizzle_bytes)) {
    return false;
  }
  for (std::size_t d = 0; d < map.dims; ++d) {
    if (map.extents[d] == 0 || map.box[d] == 0 || map.box[d] > kMostOfBox) return false;
    if (d == 0) continue;
    const std::uint64_t stride = map.strides[d - 1];
    if (stride % kUnit != 0 || stride >= kMostStride) return false;
    if (d > 1 && stride % map.strides[d - 2] != 0) return false;
  }
  return true;
}

}  // namespace vitgen::ptx
