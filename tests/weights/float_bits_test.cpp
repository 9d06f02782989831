#include "generators/weights/float_bits.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace vitgen {
namespace {

/// binary16 by its definition: (-1)^s 2^(e-15) (1 + f/1024), or 2^-14 f/1024.
double f16_by_definition(unsigned bits) {
  const double sign = bits & 0x8000 ? -1 : 1;
  const int exponent = bits >> 10 & 31;
  const double fraction = (bits & 1023) / 1024.0;
  return sign *
         (exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15));
}

TEST(FloatBits, every_f16_widens_exactly) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const float got = f16_to_f32(static_cast<std::uint16_t>(bits));
    EXPECT_EQ(std::signbit(got), (bits & 0x8000) != 0) << bits;
    if ((bits & 0x7C00) != 0x7C00) {
      EXPECT_EQ(got, f16_by_definition(bits)) << bits;
    } else if ((bits & 0x3FF) == 0) {
      EXPECT_TRUE(std::isinf(got)) << bits;
    } else {
      EXPECT_TRUE(std::isnan(got)) << bits;
      EXPECT_EQ(std::bit_cast<std::uint32_t>(got) >> 13 & 0x3FF, bits & 0x3FF) << bits;
    }
  }
}

TEST(FloatBits, every_bf16_is_the_upper_half_of_its_f32) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const float got = bf16_to_f32(static_cast<std::uint16_t>(bits));
    EXPECT_EQ(std::bit_cast<std::uint32_t>(got), bits << 16);
  }
}

}  // namespace
}  // namespace vitgen
