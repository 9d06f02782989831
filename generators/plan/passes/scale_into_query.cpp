#include "generators/plan/passes/scale_into_query.h"

#include <numbers>
#include <string_view>

#include "generators/ops/attention.h"
#include "generators/ops/linear.h"
#include "generators/ops/relative_attention.h"
#include "generators/ops/rotary.h"
#include "generators/plan/passes/readers.h"
#include "generators/plan/plan_builder.h"
#include "generators/plan/tensor_functions.h"

namespace vitgen {

namespace {

/// The step that computes the slot as W x + b, turned by place or not; null if it is something
/// else.
const Step* linear_behind(const Plan& plan, Slot slot) {
  const Step* step = writer_of(plan, slot);
  if (step == nullptr) return nullptr;
  if (step->spec.op == RotarySpec::op) {  // turns q, however long it is
    const Slot input = step->slots[0];
    const bool alone = input.kind == SlotKind::arena && readers(plan, input).size() == 1;
    return alone ? linear_behind(plan, input) : nullptr;
  }
  if (step->spec.op != LinearSpec::op) return nullptr;
  const Epilogue epilogue = typed_spec<LinearSpec>(step->spec).epilogue;
  if (epilogue.activation != Activation::none || epilogue.residual) return nullptr;
  return step;
}

/// Of pack(matrix) and pad(vector) alike.
void scale_first_rows(Plan& plan, const Step& linear, std::string_view operand, std::int64_t count,
                      double factor) {
  TensorExpr& value = weight_of(plan, linear, operand).value.arguments[0];
  value = tensors::scale_rows(std::move(value), 0, count, factor);
}

/// The q of an attention's operand qkv times `factor`, if a linear of its own makes it.
bool scale_query(Plan& plan, const Step& step, int width, double factor) {
  const Slot qkv = step.slots[0];
  const Step* linear = linear_behind(plan, qkv);
  if (linear == nullptr || qkv.kind != SlotKind::arena || readers(plan, qkv).size() != 1) {
    return false;
  }
  scale_first_rows(plan, *linear, "weight", width, factor);
  if (typed_spec<LinearSpec>(linear->spec).epilogue.bias) {
    scale_first_rows(plan, *linear, "bias", width, factor);
  }
  return true;
}

/// In terms of the scores that q has no part in the factor must be brought to the table.
void scale_table_of_keys(Plan& plan, const Step& step, double factor) {
  if (typed_spec<RelativeAttentionSpec>(step.spec).on_q != Lookup::contextual) return;
  TensorExpr& value = weight_of(plan, step, "table_q").value;
  value = tensors::scale(std::move(value), factor);
}

}  // namespace

void scale_into_query(Plan& plan) {
  for (Step& step : plan.steps) {
    if (step.spec.op == AttentionSpec::op) {
      auto spec = typed_spec<AttentionSpec>(step.spec);
      if (!scale_query(plan, step, spec.width(), exponent_factor(spec))) continue;
      spec.scale = std::numbers::ln2_v<float>;
      step.spec = op_spec(spec);
    }
    if (step.spec.op == RelativeAttentionSpec::op) {
      auto spec = typed_spec<RelativeAttentionSpec>(step.spec);
      const double factor = exponent_factor(spec.plain());
      if (!scale_query(plan, step, spec.width(), factor)) continue;
      scale_table_of_keys(plan, step, factor);
      spec.scale = std::numbers::ln2_v<float>;
      step.spec = op_spec(spec);
    }
  }
}

}  // namespace vitgen
