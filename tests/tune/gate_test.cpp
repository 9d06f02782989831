// By what a candidate's result is judged.

#include <gtest/gtest.h>

#include "generators/ops/attention.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "generators/ops/pool.h"
#include "tools/tune/trial_request.h"

namespace vitgen {
namespace {

TEST(Gate, IsBitsForAllOfF32AndABoundForRoundedProductsAndOnGpus) {
  LinearSpec linear{.rows = 20, .k = 32, .n = 96, .panel = 48};
  for (const OpSpec& spec :
       {op_spec(linear), op_spec(AttentionSpec{1, 19, 2, 16, 0.25f}),
        op_spec(LayerNormSpec{9, 48, 1e-6f}), op_spec(PoolSpec{1, 64, 1, 192, Pooling::mean})}) {
    EXPECT_EQ(check_for(spec, false), TuningCheck::bits) << spec.text();
    EXPECT_EQ(check_for(spec, true), TuningCheck::bound) << spec.text();
  }
  linear.compute = Compute::bf16;
  EXPECT_EQ(check_for(op_spec(linear), false), TuningCheck::bound);
}

}  // namespace
}  // namespace vitgen
