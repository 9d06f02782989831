#pragma once
// Builds safetensors files, right and wrong, byte by byte.

#include <cstdint>
#include <string>
#include <string_view>

#include "generators/weights/safetensors.h"
#include "tests/base/support.h"

namespace vitgen::testing {

/// 8 bytes, little-endian.
inline std::string length_prefix(std::uint64_t n) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(n >> (8 * i) & 0xFF);
  return bytes;
}

/// A file with the right length prefix.
inline std::string file_bytes(std::string_view header, std::string_view data = "") {
  return length_prefix(header.size()) + std::string(header) + std::string(data);
}

/// `"name":{"dtype":...,"shape":...,"data_offsets":[begin,end]}`
inline std::string entry(std::string_view name, std::string_view dtype, std::string_view shape,
                         std::uint64_t begin, std::uint64_t end) {
  return "\"" + std::string(name) + "\":{\"dtype\":\"" + std::string(dtype) +
         "\",\"shape\":" + std::string(shape) + ",\"data_offsets\":[" + std::to_string(begin) +
         "," + std::to_string(end) + "]}";
}

/// The code with which the reader refuses a file of these bytes; "" when it accepts.
inline Thrown refusal(std::string_view bytes) {
  const Scratch scratch;
  const std::string path = scratch.write("model.safetensors", bytes);
  return thrown_by([&] { Safetensors::open(path); });
}

inline std::string code_for(std::string_view bytes) { return refusal(bytes).code; }

inline std::string code_for_header(std::string_view header, std::string_view data = "") {
  return code_for(file_bytes(header, data));
}

}  // namespace vitgen::testing
