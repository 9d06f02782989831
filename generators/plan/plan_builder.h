#pragma once
// Writing a Plan step by step: every result gets a buffer of its own, so nothing is ever computed
// in place; assign_arena then lets buffers share memory.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "generators/ops/support/epilogue.h"
#include "generators/plan/plan.h"
#include "generators/plan/plan_options.h"

namespace vitgen {

/// Appends a weight whose extents are the shape of its expression.
Slot add_weight(Plan& plan, std::string name, TensorExpr value);

/// Appends a step that writes to new buffers, and returns the first's slot. `slots` are the
/// operands before the outputs.
Slot add_step(Plan& plan, std::string name, OpSpec spec, std::vector<Slot> slots);

/// Room in the arena for a value between steps.
Slot add_buffer(Plan& plan, std::int64_t bytes);

/// Makes every step that writes or reads the buffer `value` use the new output port instead.
void bind_output(Plan& plan, Slot value, Port port);

/// Drops the steps that no output depends on, once all outputs are bound.
void drop_unread_steps(Plan& plan);

/// Drops the buffers and weights that no step uses and renumbers the rest.
void drop_unused(Plan& plan);

/// Makes one weight of those that have the same value and type; to be called when no pass will
/// change one.
void share_weights(Plan& plan);

/// The end of every lower(): once all outputs are bound, runs the passes that `options` does not
/// disable before and after it sets the precision, shares weights, assigns the arena and checks the
/// plan. Throws PASS_UNKNOWN, of class usage.
void finish(Plan& plan, const PlanOptions& options);

/// What a step reads as its operand `name`, a weight.
Weight& weight_of(Plan& plan, const Step& step, std::string_view name);

/// Weight {n, k} and optionally bias {n}, as the file's tensors give them.
struct LinearWeights {
  TensorExpr weight;
  std::vector<TensorExpr> bias;  ///< none or one
};

/// A linear step with weights called `name`.weight and `name`.bias.
struct LinearStep {
  std::string name;
  int rows = 1;
  Activation activation = Activation::none;
  std::vector<Slot> residual = {};  ///< none or one
};
Slot add_linear(Plan& plan, const LinearStep& step, LinearWeights weights, Slot input);

}  // namespace vitgen
