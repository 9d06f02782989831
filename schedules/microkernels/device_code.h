#pragma once
// A kernel for a GPU as text, and the one launch that runs it.

#include <cstdint>
#include <string>
#include <vector>

namespace vitgen::microkernels {

/// One axis of a tensor in memory, and of the boxes that are copied out of it.
struct MapAxis {
  std::uint64_t extent = 1;        ///< what lies beyond is copied as zeros
  std::uint64_t stride_bytes = 2;  ///< from one index to the next
  std::uint32_t box = 1;           ///< extent of a box

  bool operator==(const MapAxis&) const = default;
};

/// A matrix as bulk copies see it: a parameter that the driver encodes for an operand's address.
struct TensorMap {
  int element_bytes = 2;
  int swizzle_bytes = 128;    ///< of the rows of a box, as shared_chunk of warp_maps.h says
  std::vector<MapAxis> axes;  ///< innermost first; elements of the innermost lie side by side

  bool operator==(const TensorMap&) const = default;
};

struct DeviceCode {
  std::string ptx;
  std::string entry;
  std::uint32_t blocks = 1;          ///< of the grid, which has one dimension
  std::uint32_t threads = 32;        ///< of a block, likewise
  std::uint32_t shared_bytes = 0;    ///< dynamic shared memory of a block
  std::vector<TensorMap> maps = {};  ///< of the first parameters
};

/// What the code is made for, by the assembler's names.
enum class DeviceArchitecture : std::uint8_t {
  sm_80,   ///< runs on every later GPU as well
  sm_90a,  ///< runs on compute capability 9.0 only
};

/// An element in memory; sums and biases are f32.
enum class Element : std::uint8_t { f16, bf16 };
inline constexpr int kElementBytes = 2;
/// Bytes that one asynchronous copy, one row of a matrix of ldmatrix or one store moves.
inline constexpr int kChunkBytes = 16;
inline constexpr int kChunk = kChunkBytes / kElementBytes;  ///< elements

}  // namespace vitgen::microkernels
