#include "generators/plan/passes/norm_into_linear.h"

#include <algorithm>

#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "generators/plan/passes/readers.h"
#include "generators/plan/plan_builder.h"
#include "generators/plan/tensor_functions.h"

namespace vitgen {

namespace t = tensors;

namespace {

/// A linear whose rows are the norm's; of two tokens side by side, each has a mean of its own.
bool is_input_of_linear(const Plan& plan, const Reader& reader, int width) {
  const OpSpec& spec = plan.steps[reader.step].spec;
  return spec.op == LinearSpec::op && reader.position == 0 &&
         typed_spec<LinearSpec>(spec).k == width;
}

void fold(Plan& plan, Step& linear, const TensorExpr& gain, const TensorExpr& bias) {
  auto spec = typed_spec<LinearSpec>(linear.spec);
  Weight& weight = weight_of(plan, linear, "weight");
  TensorExpr& matrix = weight.value.arguments[0];  // of pack
  TensorExpr shift = t::matvec(matrix, bias);
  matrix = t::mul_columns(std::move(matrix), gain);
  if (spec.epilogue.bias) {
    TensorExpr& vector = weight_of(plan, linear, "bias").value.arguments[0];  // of pad
    vector = t::add(std::move(vector), std::move(shift));
    return;
  }
  spec.epilogue.bias = true;
  linear.spec = op_spec(spec);
  const Slot slot =
      add_weight(plan, linear.name + ".bias", t::pad(std::move(shift), padded(spec.n, spec.panel)));
  const std::size_t position = operand_position(operands(spec), "bias");
  linear.slots.insert(linear.slots.begin() + static_cast<std::ptrdiff_t>(position), slot);
}

}  // namespace

void norm_into_linear(Plan& plan) {
  for (Step& norm : plan.steps) {
    const Slot normed = norm.slots.back();
    if (norm.spec.op != LayerNormSpec::op || normed.kind != SlotKind::arena) continue;
    auto spec = typed_spec<LayerNormSpec>(norm.spec);
    const std::vector<Reader> users = readers(plan, normed);
    const bool linears_only = std::ranges::all_of(
        users, [&](const Reader& r) { return is_input_of_linear(plan, r, spec.width); });
    if (!spec.affine || !linears_only) continue;
    const TensorExpr gain = weight_of(plan, norm, "gain").value;
    const TensorExpr bias = weight_of(plan, norm, "bias").value;
    for (const Reader& user : users) fold(plan, plan.steps[user.step], gain, bias);
    spec.affine = false;
    norm.spec = op_spec(spec);
    norm.slots = {norm.slots.front(), normed};
  }
}

}  // namespace vitgen
