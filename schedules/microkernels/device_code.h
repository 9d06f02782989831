#pragma once
// A kernel for a GPU as text, and the one launch that runs it.

#include <cstdint>
#include <string>

namespace vitgen::microkernels {

struct DeviceCode {
  std::string ptx;
  std::string entry;
  std::uint32_t blocks = 1;        ///< of the grid, which has one dimension
  std::uint32_t threads = 32;      ///< of a block, likewise
  std::uint32_t shared_bytes = 0;  ///< dynamic shared memory of a block
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
