#include "generators/weights/float_bits.h"

#include <algorithm>
#include <bit>
#include <cstring>

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

std::uint16_t f32_to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  std::uint32_t half = 0;
  if (magnitude > 0x7F800000u) {
    half = 0x7E00u | (magnitude >> 13 & 0x3FFu);
  } else if (magnitude >= std::bit_cast<std::uint32_t>(65520.0f)) {
    half = 0x7C00u;
  } else if (magnitude < std::bit_cast<std::uint32_t>(0x1p-14f)) {
    // Subnormal: a multiple of 2^-24, which is the last place of the sum with 1/2.
    const float sum = std::bit_cast<float>(magnitude) + 0.5f;
    half = std::bit_cast<std::uint32_t>(sum) - std::bit_cast<std::uint32_t>(0.5f);
  } else {
    // 13 bits fall away, with a carry into the exponent, whose bias goes from 127 to 15.
    half = ((magnitude + 0xFFFu + (magnitude >> 13 & 1u)) >> 13) - (112u << 10);
  }
  return static_cast<std::uint16_t>(sign | half);
}

std::uint16_t f32_to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t upper = bits >> 16;
  const bool is_nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
  return static_cast<std::uint16_t>(is_nan ? upper | 0x40u : (bits + 0x7FFFu + (upper & 1u)) >> 16);
}

std::vector<std::byte> stored_bytes(DType dtype, std::span<const float> values) {
  const auto wide = std::as_bytes(values);
  if (dtype == DType::f32) return {wide.begin(), wide.end()};
  std::vector<std::byte> bytes(values.size() * 2);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t bits = dtype == DType::f16 ? f32_to_f16(values[i]) : f32_to_bf16(values[i]);
    std::memcpy(&bytes[2 * i], &bits, sizeof bits);
  }
  return bytes;
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
