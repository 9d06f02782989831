#pragma once
// NumPy's .npy files with float32 or uint8 data, little-endian, in C order.
//
// Errors are of class ExitCode::bad_input and name the file:
//   NPY_FORMAT       not an .npy file of version 1, 2 or 3, or a header that is not understood
//   NPY_TYPE         another element type, or Fortran order
//   NPY_SHAPE        over 8 axes, or a size that does not fit `limit_bytes`
//   NPY_LENGTH       the data is shorter or longer than the shape says
// and IO_* of generators/base/file.h and output_set.h.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vitgen {

enum class NpyType { f32, u8 };

struct NpyArray {
  NpyType type = NpyType::f32;
  std::vector<std::uint64_t> shape;  ///< outermost first
  std::vector<std::byte> bytes;      ///< dense

  /// The elements of an f32 array.
  std::span<const float> floats() const;
};

/// Refuses more than `limit_bytes` of data before memory is taken for it.
NpyArray read_npy(const std::string& path, std::uint64_t limit_bytes = std::uint64_t{1} << 32);

/// Writes version 1.0, aside and renamed. `data` has as many bytes as shape and type say.
void write_npy(const std::string& path, NpyType type, std::span<const std::uint64_t> shape,
               std::span<const std::byte> data);

}  // namespace vitgen
