#include "generators/weights/float_bits.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

namespace vitgen {
namespace {

static_assert(std::endian::native == std::endian::little, "the file format is little-endian");

std::uint16_t load_u16(const std::byte* at) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, at, sizeof bits);
  return bits;
}

}  // namespace

float bf16_to_f32(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

float f16_to_f32(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1Fu;
  const std::uint32_t fraction = bits & 0x3FFu;
  if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000u | fraction << 13);
  if (exponent == 0) {
    // Zero or subnormal: fraction * 2^-24, which f32 holds exactly.
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
  }
  // The bias goes from 15 to 127.
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

void widen_to_f32(StoredType dtype, std::span<const std::byte> in, std::span<float> out) {
  if (dtype == StoredType::f32) {
    std::memcpy(out.data(), in.data(), out.size_bytes());
  } else if (dtype == StoredType::f16) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = f16_to_f32(load_u16(&in[2 * i]));
  } else {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = bf16_to_f32(load_u16(&in[2 * i]));
  }
}

void read_widened(StoredType dtype, std::uint64_t first, std::span<float> out,
                  const std::function<void(std::uint64_t, std::span<std::byte>)>& read) {
  constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
  const std::size_t element = dtype_bits(dtype) / 8;
  std::vector<std::byte> chunk(std::min(kChunkBytes, out.size() * element));
  while (!out.empty()) {
    const std::span part = out.first(std::min(out.size(), chunk.size() / element));
    const std::span bytes(chunk.data(), part.size() * element);
    read(first * element, bytes);
    widen_to_f32(dtype, bytes, part);
    out = out.subspan(part.size());
    first += part.size();
  }
}

}  // namespace vitgen
