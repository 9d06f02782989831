// The elementary functions that kernels are made of, over all exponents.

#include "generators/ops/support/vector_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tools/verify/reference/reference.h"

namespace vitgen {
namespace {

using Function = Halide::Expr (*)(const Halide::Expr&);

/// `function` at every value, as vectors on this machine.
std::vector<float> evaluate(Function function, std::vector<float> x) {
  x.resize((x.size() + 15) / 16 * 16, 0.0f);
  Halide::Buffer<float> input(x.data(), static_cast<int>(x.size()));
  Halide::Func f("f");
  const Halide::Var i("i");
  f(i) = function(input(i));
  f.vectorize(i, 16);
  const Halide::Buffer<float> output = f.realize({static_cast<int>(x.size())});
  return {output.begin(), output.begin() + output.number_of_elements()};
}

/// `per_octave` values in each octave from 2^low to 2^high, of both signs.
std::vector<float> all_magnitudes(int low, int high, int per_octave) {
  std::vector<float> values = {0.0f, -0.0f};
  for (int exponent = low; exponent < high; ++exponent) {
    for (int step = 0; step < per_octave; ++step) {
      const double value = std::ldexp(1.0 + (step + 0.37) / per_octave, exponent);
      values.push_back(static_cast<float>(value));
      values.push_back(static_cast<float>(-value));
    }
  }
  return values;
}

double error_in_u(float value, double exact, double scale) {
  return std::abs(static_cast<double>(value) - exact) / (kUnitRoundoff * scale);
}

TEST(Exp2, HasTheRelativeErrorThatIsStated) {
  std::vector<float> x = all_magnitudes(-126, 7, 257);
  for (int step = 0; step < 4096; ++step) {  // around the smallest normal result
    x.push_back(-126.5f + static_cast<float>(step) / 4096);
  }
  const std::vector<float> y = evaluate(exp2_of, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] <= -126.5f || x[i] > 127.5f) continue;
    const double exact = std::exp2(static_cast<double>(x[i]));
    ASSERT_LE(error_in_u(y[i], exact, exact), x[i] < -126.0f ? 3.0 : 1.5) << x[i];
  }
}

TEST(Exp2, EndsInExactZeroAndInfinity) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> y =
      evaluate(exp2_of, {-126.5f, -1e4f, -3e38f, -infinity, 127.6f, 1e4f, 3e38f, infinity});
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(y[i], i < 4 ? 0.0f : infinity) << i;
}

TEST(Exp2, OfWhatIsNotPositiveHasTheSameBits) {
  std::vector<float> x = all_magnitudes(-126, 9, 63);
  std::erase_if(x, [](float value) { return value > 0; });
  EXPECT_EQ(evaluate(exp2_of_nonpositive, x), evaluate(exp2_of, x));
}

TEST(Exp, AddsTheRoundingOfItsArgument) {
  const std::vector<float> x = all_magnitudes(-126, 6, 257);
  const std::vector<float> y = evaluate(exp_of, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = std::exp(static_cast<double>(x[i]));
    // The constant's own rounding counts like the product's.
    ASSERT_LE(error_in_u(y[i], exact, exact), 1.5 + 2 * std::abs(static_cast<double>(x[i])))
        << x[i];
  }
}

TEST(Gelu, HasTheErrorThatIsStated) {
  const std::vector<float> x = all_magnitudes(-100, 100, 257);
  const std::vector<float> y = evaluate(gelu_of, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double value = static_cast<double>(x[i]);
    const double exact = 0.5 * value * std::erfc(-value / std::numbers::sqrt2);
    ASSERT_LE(error_in_u(y[i], exact, 1.0), 4.0 * std::abs(value) + std::abs(exact)) << x[i];
  }
}

TEST(Gelu, IsXOrExactlyZeroInTheTails) {
  const std::vector<float> y = evaluate(gelu_of, {5.27f, 6.0f, 1e30f, -5.27f, -6.0f, -1e30f});
  EXPECT_EQ(y[0], 5.27f);
  EXPECT_EQ(y[1], 6.0f);
  EXPECT_EQ(y[2], 1e30f);
  for (std::size_t i = 3; i < 6; ++i) EXPECT_EQ(y[i], 0.0f) << i;
}

TEST(Tanh, HasTheErrorThatIsStated) {
  const std::vector<float> x = all_magnitudes(-126, 127, 257);
  const std::vector<float> y = evaluate(tanh_of, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = std::tanh(static_cast<double>(x[i]));
    ASSERT_LE(error_in_u(y[i], exact, exact == 0 ? 1.0 : std::abs(exact)),
              std::abs(x[i]) < 0.7f ? 1.8 : 5.0)
        << x[i];
  }
}

TEST(Tanh, OfNoNumberIsNoNumberAndOfInfinityOne) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float none = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> y = evaluate(tanh_of, {none, infinity, -infinity});
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_EQ(y[1], 1.0f);
  EXPECT_EQ(y[2], -1.0f);
}

}  // namespace
}  // namespace vitgen
