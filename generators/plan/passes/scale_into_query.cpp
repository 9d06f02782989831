#include "generators/plan/passes/scale_into_query.h"

#include <algorithm>
#include <numbers>
#include <string_view>

#include "generators/ops/attention.h"
#include "generators/ops/linear.h"
#include "generators/plan/passes/readers.h"
#include "generators/plan/plan_builder.h"
#include "generators/plan/tensor_functions.h"

namespace vitgen {

namespace {

/// The step that computes the slot as W x + b; null if it is something else.
const Step* linear_behind(const Plan& plan, Slot slot) {
  const auto writer =
      std::ranges::find_if(plan.steps, [&](const Step& step) { return step.slots.back() == slot; });
  if (writer == plan.steps.end() || writer->spec.op != LinearSpec::op) return nullptr;
  const Epilogue epilogue = typed_spec<LinearSpec>(writer->spec).epilogue;
  if (epilogue.activation != Activation::none || epilogue.residual) return nullptr;
  return &*writer;
}

/// Of pack(matrix) and pad(vector) alike.
void scale_first_rows(Plan& plan, const Step& linear, std::string_view operand, std::int64_t count,
                      double factor) {
  TensorExpr& value = weight_of(plan, linear, operand).value.arguments[0];
  value = tensors::scale_rows(std::move(value), 0, count, factor);
}

}  // namespace

void scale_into_query(Plan& plan) {
  for (Step& step : plan.steps) {
    if (step.spec.op != AttentionSpec::op) continue;
    const Slot qkv = step.slots[0];
    const Step* linear = linear_behind(plan, qkv);
    if (linear == nullptr || qkv.kind != SlotKind::arena || readers(plan, qkv).size() != 1)
      continue;
    auto spec = typed_spec<AttentionSpec>(step.spec);
    const double factor = exponent_factor(spec);
    scale_first_rows(plan, *linear, "weight", spec.width(), factor);
    if (typed_spec<LinearSpec>(linear->spec).epilogue.bias) {
      scale_first_rows(plan, *linear, "bias", spec.width(), factor);
    }
    spec.scale = std::numbers::ln2_v<float>;
    step.spec = op_spec(spec);
  }
}

}  // namespace vitgen
