// Rows that break careless kernels: large offsets, outliers, NaN, tiny and huge weights.

#include <gtest/gtest.h>

#include <cmath>

#include "generators/ops/attention.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "tests/schedules/kernel_runner.h"

namespace vitgen {
namespace {

std::vector<float> run_default(KernelRunner& runner) {
  return runner.run(host_machine(), choose_default(runner.spec(), host_machine()));
}

TEST(LayerNormRows, OffsetsOutliersAndScalesStayWithinTheTwoPassBound) {
  const LayerNormSpec spec{.rows = 8, .width = 768, .eps = 1e-6f};
  KernelRunner runner(op_spec(spec), Fill::normal, 11, true);
  const auto row = [&](int i) { return runner.values(0) + i * spec.width; };
  const float offsets[] = {1, 10, 100, 1000};
  for (int i = 0; i < 4; ++i) {
    for (int c = 0; c < spec.width; ++c) row(i)[c] += offsets[i];
  }
  row(4)[17] = 1000;  // one outlier channel
  for (int c = 0; c < spec.width; ++c) row(5)[c] *= 1e-20f;
  for (int c = 0; c < spec.width; ++c) row(6)[c] *= 1e15f;
  for (int c = 0; c < spec.width; ++c) row(7)[c] = 0;
  const std::vector<float> output = run_default(runner);
  expect_matches_reference(runner, output);
}

TEST(LayerNormRows, AConstantRowIsFiniteAtTheSmallestEps) {
  const LayerNormSpec spec{.rows = 2, .width = 48, .eps = 1e-12f};
  KernelRunner runner(op_spec(spec), Fill::normal, 12, true);
  for (int c = 0; c < spec.width; ++c) runner.values(0)[c] = 0.1f;
  for (const float value : run_default(runner)) EXPECT_TRUE(std::isfinite(value));
}

// The squares overflow: a row of zeros would look like a result.
TEST(NotANumber, IsALayerNormRowWhoseVarianceNoFloatHolds) {
  const LayerNormSpec spec{.rows = 3, .width = 48, .eps = 1e-6f};
  for (const char* rule : {"default", "fallback"}) {
    KernelRunner runner(op_spec(spec), Fill::normal, 17, true);
    for (int c = 0; c < spec.width; ++c) runner.values(0)[spec.width + c] *= 1e20f;
    const Choice choice = std::string_view(rule) == "fallback"
                              ? Choice{.rule = rule, .knobs = {}}
                              : choose_default(runner.spec(), host_machine());
    const std::vector<float> output = runner.run(host_machine(), choice);
    for (std::size_t i = 0; i < output.size(); ++i) {
      EXPECT_EQ(std::isnan(output[i]), i / 48 == 1) << rule << " at " << i;
    }
  }
}

TEST(Storage, WhatF16CannotHoldIsInfiniteInTheKernelAndInTheReferenceAndBf16HoldsIt) {
  for (const DType storage : {DType::f16, DType::bf16}) {
    const LayerNormSpec spec{
        .rows = 2, .width = 48, .eps = 1e-6f, .affine = true, .storage = storage};
    KernelRunner runner(op_spec(spec), Fill::normal, 14, true);
    runner.values(1)[5] = 1e8f;  // gain
    const std::vector<float> output = run_default(runner);
    for (std::size_t i = 0; i < output.size(); ++i) {
      EXPECT_EQ(std::isinf(output[i]), storage == DType::f16 && i % 48 == 5) << i;
    }
    expect_matches_reference(runner, output);
  }
}

TEST(NotANumber, StaysInItsRowOfALinear) {
  const LinearSpec spec{.rows = 7, .k = 24, .n = 48, .panel = 48, .epilogue = {}};
  KernelRunner runner(op_spec(spec), Fill::normal, 13, true);
  runner.values(0)[3 * spec.k + 5] = NAN;
  const std::vector<float> output = run_default(runner);
  for (int i = 0; i < spec.rows; ++i) {
    for (int j = 0; j < spec.n; ++j) {
      EXPECT_EQ(std::isnan(output[static_cast<std::size_t>(i * spec.n + j)]), i == 3);
    }
  }
}

TEST(NotANumber, PassesThroughEveryActivation) {
  for (const std::string_view name : enum_names(Activation{})) {
    LinearSpec spec{.rows = 3, .k = 4, .n = 48, .panel = 48, .epilogue = {}};
    spec.epilogue.activation = parse_enum<Activation>(name, "activation");
    KernelRunner runner(op_spec(spec), Fill::normal, 19, true);
    runner.values(0)[spec.k] = NAN;
    const std::vector<float> output = run_default(runner);
    for (std::size_t e = 0; e < output.size(); ++e) {
      EXPECT_EQ(std::isnan(output[e]), e / 48 == 1) << name << " at " << e;
    }
  }
}

TEST(NotANumber, InAValueReachesEveryTokenOfItsHeadAndImageOnly) {
  const AttentionSpec spec{.batch = 2, .tokens = 19, .heads = 2, .head_size = 16, .scale = 0.25f};
  KernelRunner runner(op_spec(spec), Fill::normal, 14, true);
  const int width = spec.width();
  runner.values(0)[4 * 3 * width + 2 * width + 3] = NAN;  // image 0, token 4, head 0, channel 3
  const std::vector<float> output = run_default(runner);
  for (std::size_t i = 0; i < output.size(); ++i) {
    const int c = static_cast<int>(i) % width;
    const bool first_image = static_cast<int>(i) < spec.tokens * width;
    EXPECT_EQ(std::isnan(output[i]), first_image && c == 3) << i;
  }
}

TEST(Attention, LargeScoresNeitherOverflowNorLoseTheirBound) {
  const AttentionSpec spec{.batch = 1, .tokens = 50, .heads = 1, .head_size = 64, .scale = 0.125f};
  KernelRunner runner(op_spec(spec), Fill::normal, 15, true);
  for (int i = 0; i < spec.tokens * 3 * 64; ++i) {
    if (i % (3 * 64) < 2 * 64) runner.values(0)[i] *= 8;  // scores of a few hundred
  }
  const std::vector<float> output = run_default(runner);
  for (const float value : output) ASSERT_TRUE(std::isfinite(value));
  expect_matches_reference(runner, output);
}

// k = 1 and a weight of 1: the sum is x itself, so what is seen is the function's own error.
TEST(Tanh, HasARelativeErrorOfAFewUlpOverAllMagnitudes) {
  LinearSpec spec{.rows = 600, .k = 1, .n = 16, .panel = 16, .epilogue = {}};
  spec.epilogue = {.bias = false, .activation = Activation::tanh, .residual = false};
  KernelRunner runner(op_spec(spec), Fill::normal, 18, true);
  for (int j = 0; j < 16; ++j) runner.values(1)[j] = j % 2 == 0 ? 1.0f : -1.0f;
  for (int i = 0; i < spec.rows; ++i) {  // 1e-37 to 30: above are only ones
    runner.values(0)[i] = static_cast<float>(30.0 * std::pow(10.0, -i / 16.0));
  }
  const std::vector<float> output = run_default(runner);
  for (std::size_t e = 0; e < output.size(); ++e) {
    const double x = static_cast<double>(runner.values(0)[e / 16] * (e % 2 == 0 ? 1.0f : -1.0f));
    ASSERT_LE(std::abs(static_cast<double>(output[e]) - std::tanh(x)),
              8 * kUnitRoundoff * std::abs(std::tanh(x)))
        << x;
  }
}

TEST(Tanh, NearZeroHasTheErrorOfItsPolynomial) {
  LinearSpec spec{.rows = 4096, .k = 1, .n = 16, .panel = 16, .epilogue = {}};
  spec.epilogue = {.bias = false, .activation = Activation::tanh, .residual = false};
  KernelRunner runner(op_spec(spec), Fill::normal, 20, true);
  for (int j = 0; j < 16; ++j) runner.values(1)[j] = 1.0f - static_cast<float>(j) / 65536;
  for (int i = 0; i < spec.rows; ++i) runner.values(0)[i] = 0.7f * static_cast<float>(i + 1) / 4096;
  const std::vector<float> output = run_default(runner);
  for (std::size_t e = 0; e < output.size(); ++e) {
    // The kernel's own product: one fused multiply-add to 0.
    const double x = static_cast<double>(runner.values(0)[e / 16] * runner.values(1)[e % 16]);
    ASSERT_LE(std::abs(static_cast<double>(output[e]) - std::tanh(x)),
              1.8 * kUnitRoundoff * std::tanh(x))
        << x;
  }
}

TEST(Linear, TinyAndHugeWeightsKeepTheirBound) {
  for (const float scale : {1e-20f, 1e15f}) {
    const LinearSpec spec{.rows = 5, .k = 65, .n = 48, .panel = 48, .epilogue = {}};
    KernelRunner runner(op_spec(spec), Fill::normal, 16, true);
    for (int i = 0; i < 48 * 65; ++i) runner.values(1)[i] *= scale;
    expect_matches_reference(runner, run_default(runner));
  }
}

}  // namespace
}  // namespace vitgen
