// Halide's lowered statement of tiny kernels: what a change of an op, a schedule or Halide does to
// the loop nest shows in review.

#include <gtest/gtest.h>

#include "generators/base/error.h"
#include "generators/ops/attention.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "tests/emit/golden.h"
#include "tests/emit/in_worker.h"
#include "tests/emit/tiny_library.h"
#include "tools/emit/kernel.h"

namespace vitgen {
namespace {

using testing::ScratchDirectory;

std::string lowered(const OpSpec& spec) {
  SCOPED_TRACE(spec.text());
  const ScratchDirectory directory;
  testing::in_worker([&](pid_t) {
    compile_kernel({.spec = spec,
                    .machine = "cpu_avx2",
                    .choice = choose_default(spec, find_machine("cpu_avx2")),
                    .features = {},
                    .instructions = {}},
                   {.object = directory.path("kernel.o"),
                    .assembly = {},
                    .stmt = directory.path("kernel.stmt")});
  });
  return testing::file_text(directory.path("kernel.stmt"));
}

// Sizes that leave tails: a row past the last whole tile, a column past the last whole vector.

TEST(KernelStmt, Of_a_tiny_linear_with_gelu_is_golden) {
  const Epilogue gelu{.bias = true, .activation = Activation::gelu_tanh, .residual = false};
  testing::expect_golden(
      "linear_gelu.cpu_avx2.stmt",
      lowered(op_spec(
          LinearSpec{.rows = 5, .k = 6, .n = 10, .panel = panel_width(10), .epilogue = gelu})));
}

TEST(KernelStmt, Of_a_tiny_layer_norm_is_golden) {
  testing::expect_golden("layer_norm.cpu_avx2.stmt",
                         lowered(op_spec(LayerNormSpec{.rows = 3, .width = 20, .eps = 1e-6f})));
}

TEST(KernelStmt, Of_a_tiny_attention_is_golden) {
  testing::expect_golden(
      "attention.cpu_avx2.stmt",
      lowered(op_spec(AttentionSpec{
          .batch = 1, .tokens = 5, .heads = 2, .head_size = 6, .scale = 0.40824829f})));
}

TEST(KernelStmt, Is_the_same_in_every_process) {
  const OpSpec spec = op_spec(LayerNormSpec{.rows = 3, .width = 20, .eps = 1e-6f});
  EXPECT_EQ(lowered(spec), lowered(spec));
}

}  // namespace
}  // namespace vitgen
