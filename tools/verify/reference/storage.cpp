#include "tools/verify/reference/storage.h"

#include <algorithm>

#include "generators/weights/float_bits.h"

namespace vitgen {

double rounded_to(double x, DType storage) {
  const auto single = static_cast<float>(x);
  switch (storage) {
    case DType::f16:
      return static_cast<double>(f16_to_f32(f32_to_f16(single)));
    case DType::bf16:
      return static_cast<double>(bf16_to_f32(f32_to_bf16(single)));
    case DType::f32:
    case DType::u8:
    case DType::i32:
      break;
  }
  return static_cast<double>(single);
}

double unit_roundoff(DType storage) {
  if (storage == DType::f16) return 0x1p-11;  // 11 bits of a number
  if (storage == DType::bf16) return 0x1p-8;  // 8 bits
  return kUnitRoundoff;
}

double least_roundoff(DType storage) {
  if (storage == DType::f16) return 0x1p-25;    // the smallest is 2^-24
  if (storage == DType::bf16) return 0x1p-134;  // 2^-133
  return 0x1p-150;
}

ReferenceValue stored(const ReferenceValue& value, DType storage) {
  if (storage == DType::f32) return value;
  const double nearest = rounded_to(value.value, storage);
  const auto distance = [&](double end) {
    const double other = rounded_to(end, storage);
    return other == nearest ? 0.0 : std::abs(other - nearest);  // both may be infinite
  };
  return {nearest,
          std::max(distance(value.value - value.bound), distance(value.value + value.bound))};
}

}  // namespace vitgen
