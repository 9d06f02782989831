#pragma once
// One decoder of UTF-8 for everything that prints, escapes or validates text from files.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vitgen {

/// One step of decoding: `size` bytes (1..4) hold `code_point`. When the bytes at the position are
/// not valid UTF-8 (overlong, surrogate, past U+10FFFF, cut off), `valid` is false and `size` is 1.
struct Utf8Step {
  std::uint32_t code_point = 0;
  std::size_t size = 1;
  bool valid = false;
};

/// Decodes at `text[position]`; `position` must be inside `text`.
Utf8Step utf8_step(std::string_view text, std::size_t position);

/// Offset of the first byte that is not valid UTF-8, or `npos`.
std::size_t find_invalid_utf8(std::string_view text);

}  // namespace vitgen
