#include "generators/base/utf8.h"

namespace vitgen {
namespace {

constexpr std::uint32_t smallest_of_size[] = {0, 0, 0x80, 0x800, 0x10000};

std::size_t sequence_size(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

}  // namespace

Utf8Step utf8_step(std::string_view text, std::size_t position) {
  const auto lead = static_cast<unsigned char>(text[position]);
  const std::size_t size = sequence_size(lead);
  if (size == 1) return {lead, 1, true};
  if (size == 0 || size > text.size() - position) return {};
  std::uint32_t code_point = lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[position + i]);
    if ((byte & 0xC0u) != 0x80u) return {};
    code_point = code_point << 6 | (byte & 0x3Fu);
  }
  const bool surrogate = code_point >= 0xD800 && code_point < 0xE000;
  if (code_point < smallest_of_size[size] || code_point > 0x10FFFF || surrogate) return {};
  return {code_point, size, true};
}

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const Utf8Step step = utf8_step(text, i);
    if (!step.valid) return i;
    i += step.size;
  }
  return std::string_view::npos;
}

}  // namespace vitgen
