#pragma once
// What stands before the data of NumPy's .npy files: "\x93NUMPY", version (major, minor), length of
// the header (u16, from version 2 on u32), the header. The header is a Python dict literal, of
// which this reads what numpy writes: {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }
//
// Errors are of class ExitCode::bad_input and name `source`:
//   NPY_FORMAT       not an .npy file of version 1, 2 or 3, or a header that is not understood
//   NPY_TYPE         structured elements, or Fortran order
//   NPY_SHAPE        over 8 axes, or an axis of over 18 digits

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitgen {

/// As much of a file as `npy_prologue` wants to see.
inline constexpr std::size_t kNpyPrologueBytes = 12;

struct NpyPrologue {
  std::uint64_t header_begin = 0;  ///< byte ranges from the start of the file
  std::uint64_t header_bytes = 0;

  std::uint64_t data_begin() const { return header_begin + header_bytes; }
};

struct NpyHeader {
  std::string type;                  ///< numpy's name of the element type, such as "<f4"
  std::vector<std::uint64_t> shape;  ///< outermost first
};

/// `start`: the first kNpyPrologueBytes bytes of the file, or all of a shorter one.
NpyPrologue npy_prologue(std::span<const std::byte> start, std::string_view source);

/// `text`: the bytes of the header.
NpyHeader parse_npy_header(std::string_view text, std::string_view source);

/// Bytes of an array's data, or nothing when that is over `limit`.
std::optional<std::uint64_t> npy_data_bytes(std::uint64_t element_bytes,
                                            std::span<const std::uint64_t> shape,
                                            std::uint64_t limit);

/// Throws Error(bad_input, code): `<source>: <what>`.
[[noreturn]] void npy_error(std::string_view source, std::string_view code, std::string_view what);

}  // namespace vitgen
