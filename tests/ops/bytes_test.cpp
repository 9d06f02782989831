// The bytes that a call touches: what a roofline is drawn with.

#include <gtest/gtest.h>

#include "generators/ops/linear.h"
#include "generators/ops/pool.h"
#include "generators/ops/support/ops_table.h"

namespace vitgen {
namespace {

TEST(Bytes, OfAPoolAreThoseOfTheTokensThatItReads) {
  const auto floats = [](Pooling pooling, int prefix) {
    return bytes(op_spec(PoolSpec{2, 197, prefix, 192, pooling})) / 4;
  };
  EXPECT_EQ(floats(Pooling::token, 1), 2 * (192 + 192));
  EXPECT_EQ(floats(Pooling::two_tokens, 2), 2 * (2 * 192 + 2 * 192));
  EXPECT_EQ(floats(Pooling::mean, 5), 2 * (192 * 192 + 192));
  EXPECT_EQ(floats(Pooling::token_and_mean, 1), 2 * (197 * 192 + 2 * 192));
  EXPECT_EQ(floats(Pooling::token_and_mean, 0), 2 * (197 * 192 + 2 * 192));
}

TEST(Bytes, OfOtherOpsAreThoseOfAllOperands) {
  const OpSpec spec = op_spec(LinearSpec{.rows = 50, .k = 64, .n = 96, .panel = 48});
  EXPECT_EQ(bytes(spec), 4 * (50 * 64 + 64 * 96 + 96 + 50 * 96));
}

}  // namespace
}  // namespace vitgen
