#include "generators/weights/float_bits.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

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

/// Both of `narrow`'s neighbours in f32, and the number half way between them, round to where they
/// should; `bits` and the next pattern are of the same sign.
template <class Widen, class Narrow>
void expect_nearest(unsigned bits, Widen widen, Narrow narrow) {
  const float here = widen(static_cast<std::uint16_t>(bits));
  const float next = widen(static_cast<std::uint16_t>(bits + 1));
  const auto middle = static_cast<float>((static_cast<double>(here) + next) / 2);
  EXPECT_EQ(narrow(here), bits);
  EXPECT_EQ(narrow(middle), bits % 2 == 0 ? bits : bits + 1) << "tie at " << middle;
  EXPECT_EQ(narrow(std::nextafter(middle, here)), bits) << "below " << middle;
  EXPECT_EQ(narrow(std::nextafter(middle, next)), bits + 1) << "above " << middle;
}

TEST(FloatBits, f32_rounds_to_the_nearest_f16_and_of_two_to_the_even_one) {
  for (const unsigned sign : {0u, 0x8000u}) {
    for (unsigned bits = 0; bits < 0x7BFF; ++bits) {
      expect_nearest(sign | bits, f16_to_f32, f32_to_f16);
    }
  }
}

TEST(FloatBits, f32_rounds_to_the_nearest_bf16_and_of_two_to_the_even_one) {
  for (const unsigned sign : {0u, 0x8000u}) {
    for (unsigned bits = 0; bits < 0x7F7F; ++bits) {
      expect_nearest(sign | bits, bf16_to_f32, f32_to_bf16);
    }
  }
}

TEST(FloatBits, what_f16_cannot_hold_is_infinite_from_half_a_step_past_its_largest_on) {
  EXPECT_EQ(f32_to_f16(65504), 0x7BFF);
  EXPECT_EQ(f32_to_f16(std::nextafter(65520.0f, 0.0f)), 0x7BFF);
  EXPECT_EQ(f32_to_f16(65520), 0x7C00);
  EXPECT_EQ(f32_to_f16(-1e30f), 0xFC00);
  EXPECT_EQ(f32_to_f16(INFINITY), 0x7C00);
  EXPECT_EQ(f32_to_bf16(std::numeric_limits<float>::max()), 0x7F80);
}

TEST(FloatBits, no_number_stays_no_number_whatever_its_payload) {
  for (const std::uint32_t fraction : {1u, 0x7FFFu, 0x10000u, 0x400000u, 0x7FFFFFu}) {
    for (const std::uint32_t sign : {0u, 0x80000000u}) {
      const auto nan = std::bit_cast<float>(sign | 0x7F800000u | fraction);
      EXPECT_TRUE(std::isnan(f16_to_f32(f32_to_f16(nan)))) << fraction;
      EXPECT_TRUE(std::isnan(bf16_to_f32(f32_to_bf16(nan)))) << fraction;
      EXPECT_EQ(std::signbit(bf16_to_f32(f32_to_bf16(nan))), sign != 0) << fraction;
    }
  }
}

}  // namespace
}  // namespace vitgen
