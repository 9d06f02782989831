// Rounding in a kernel is that of generators/weights/float_bits.h, which its own test compares with
// the definition.

#include "generators/ops/support/storage.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "generators/ops/support/algorithm.h"
#include "generators/weights/float_bits.h"
#include "schedules/machine.h"

namespace vitgen {
namespace {

using Round = std::uint16_t (*)(float);
using Widen = float (*)(std::uint16_t);

/// All numbers of a type, what is half way between neighbours, and the f32 on both sides of that.
std::vector<float> ties(Widen widen) {
  std::vector<float> values;
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const float here = widen(static_cast<std::uint16_t>(bits));
    const float next = widen(static_cast<std::uint16_t>(bits + 1));
    const float middle = here + (next - here) / 2;
    values.insert(values.end(), {here, middle, std::nextafter(middle, -INFINITY),
                                 std::nextafter(middle, INFINITY)});
  }
  for (const float x : {65519.0f, 65520.0f, 1e30f, std::numeric_limits<float>::max()}) {
    values.insert(values.end(), {x, -x});
  }
  return values;
}

std::vector<std::uint16_t> rounded_in_a_kernel(std::vector<float>& values, DType storage) {
  const auto count = static_cast<int>(values.size());
  const Halide::Buffer<float> input(values.data(), {count});
  Halide::Func kernel("stored");
  const Halide::Var x("x");
  kernel(x) = Halide::reinterpret(Halide::UInt(16), stored(input(x), storage));
  kernel.vectorize(x, 8, Halide::TailStrategy::GuardWithIf);
  std::vector<std::uint16_t> bits(values.size());
  Halide::Buffer<std::uint16_t> output(bits.data(), {count});
  const std::string target(find_machine("cpu_avx2").halide_target);
  kernel.realize(output, Halide::Target(target + "-jit"));
  return bits;
}

void expect_rounded(DType storage, Round round, Widen widen) {
  std::vector<float> values = ties(widen);
  const std::vector<std::uint16_t> bits = rounded_in_a_kernel(values, storage);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) {
      ASSERT_TRUE(std::isnan(widen(bits[i]))) << std::bit_cast<std::uint32_t>(values[i]);
    } else {
      ASSERT_EQ(bits[i], round(values[i])) << values[i];
    }
  }
}

TEST(Storage, KernelsRoundToF16AsTheDefinitionDoes) {
  expect_rounded(DType::f16, f32_to_f16, f16_to_f32);
}

TEST(Storage, KernelsRoundToBf16AsTheDefinitionDoes) {
  expect_rounded(DType::bf16, f32_to_bf16, bf16_to_f32);
}

// GPUs give this one where there is no number.
TEST(Storage, NoNumberOfAllOnesStaysNoNumber) {
  std::vector<float> nan(8, std::bit_cast<float>(0x7FFFFFFFu));
  for (const std::uint16_t bits : rounded_in_a_kernel(nan, DType::bf16)) {
    EXPECT_TRUE(std::isnan(bf16_to_f32(bits)));
  }
}

TEST(Storage, F32IsTheExpressionItself) {
  const Halide::Expr x = Halide::Var("x") * 2.0f;
  EXPECT_TRUE(stored(x, DType::f32).same_as(x));
  EXPECT_TRUE(value_of(x).same_as(x));
}

}  // namespace
}  // namespace vitgen
