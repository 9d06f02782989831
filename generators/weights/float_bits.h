#pragma once
// Exact widening of the 16-bit floats to f32, from little-endian bytes at any alignment, and the
// way back by rounding to the nearest, of two to the even one.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "generators/base/op_spec.h"
#include "generators/weights/tensor_info.h"

namespace vitgen {

/// IEEE binary16, subnormals included; a NaN keeps sign and payload.
float f16_to_f32(std::uint16_t bits);

/// bfloat16: the upper half of an f32.
float bf16_to_f32(std::uint16_t bits);

/// Infinity from 65520 on, half way past the largest; a NaN stays one and keeps its sign.
std::uint16_t f32_to_f16(float value);
std::uint16_t f32_to_bf16(float value);

/// The values as elements of `dtype` (f32, f16, bf16) in memory.
std::vector<std::byte> stored_bytes(DType dtype, std::span<const float> values);

/// Converts `out.size()` elements of `dtype` (f32, f16, bf16); `in` holds exactly their bytes.
void widen_to_f32(StoredType dtype, std::span<const std::byte> in, std::span<float> out);

/// Elements [first, first + out.size()) of a tensor, in pieces of 256 KiB: `read(offset, bytes)`
/// fills `bytes` with the tensor's from `offset` on.
void read_widened(StoredType dtype, std::uint64_t first, std::span<float> out,
                  const std::function<void(std::uint64_t, std::span<std::byte>)>& read);

}  // namespace vitgen
