#pragma once
// The JSON header of a safetensors file and the layout it describes. Pure functions of bytes: no
// file, so that a fuzzer can reach them directly.
//
// Errors are of class ExitCode::bad_input, each names `source`:
//   ST_JSON ST_UTF8 ST_DUP_KEY ST_FIELD ST_METADATA ST_DTYPE ST_LIMIT   the text
//   ST_OVERFLOW ST_OFFSETS ST_SIZE ST_HOLE ST_OVERLAP ST_COVERAGE       the layout

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "generators/weights/tensor_info.h"

namespace vitgen {

/// Limits of this reader; the first is the format's own.
struct SafetensorsLimits {
  static constexpr std::uint64_t header_bytes = 100'000'000;
  static constexpr std::size_t tensors = 100'000;
  static constexpr std::size_t name_bytes = 512;
  static constexpr std::size_t rank = 8;
};

struct SafetensorsHeader {
  /// In the order of the text; the byte ranges count from the end of the header.
  std::vector<TensorInfo> tensors;
  std::vector<std::pair<std::string, std::string>> metadata;
};

/// Parses the header text; ranges are checked by `check_layout`.
SafetensorsHeader parse_safetensors_header(std::string_view text, std::string_view source);

/// Checks that the tensors fill [0, data_bytes) exactly, each as large as shape and dtype say.
void check_layout(const std::vector<TensorInfo>& tensors, std::uint64_t data_bytes,
                  std::string_view source);

}  // namespace vitgen
