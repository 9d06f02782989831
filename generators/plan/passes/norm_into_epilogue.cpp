#include "generators/plan/passes/norm_into_epilogue.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "generators/plan/passes/readers.h"
#include "generators/plan/plan_builder.h"
#include "generators/plan/tensor_functions.h"

namespace vitgen {

namespace t = tensors;

namespace {

/// Rows that are copied in whole pieces. Products of others may lack the kernels that
/// have these epilogues, and a LayerNorm of its own costs less than their fallback.
bool has_whole_rows(const LinearSpec& spec) {
  return spec.k * byte_size(spec.storage) % kPieceBytes == 0;
}

/// The spec of a linear whose products are of narrow factors.
std::optional<LinearSpec> narrow_linear(const Step& step) {
  if (step.spec.op != LinearSpec::op) return std::nullopt;
  const auto spec = typed_spec<LinearSpec>(step.spec);
  if (spec.storage == DType::f32 || !has_whole_rows(spec)) return std::nullopt;
  return spec;
}

/// The linear that writes the rows of a LayerNorm; null if something else does.
Step* source_of(Plan& plan, Slot rows, int width) {
  const Step* step = writer_of(plan, rows);
  if (step == nullptr) return nullptr;
  const auto spec = narrow_linear(*step);
  if (!spec || spec->n != width || written_slots(*step).front() != rows) return nullptr;
  return &plan.steps[static_cast<std::size_t>(step - plan.steps.data())];
}

bool can_normalize(const Plan& plan, const Reader& reader, int width) {
  const auto spec = narrow_linear(plan.steps[reader.step]);
  return spec && reader.position == 0 && spec->k == width && !spec->normalized;
}

/// Where the linear writes the statistics of its rows, from now on.
Slot statistics_of(Plan& plan, Step& linear) {
  auto spec = typed_spec<LinearSpec>(linear.spec);
  if (spec.statistics) return linear.slots.back();
  spec.statistics = true;
  linear.spec = op_spec(spec);
  linear.slots.push_back(add_buffer(plan, operands(spec).back().bytes()));
  return linear.slots.back();
}

void insert_operand(Step& step, const std::vector<Operand>& list, std::string_view name,
                    Slot slot) {
  const auto position = static_cast<std::ptrdiff_t>(operand_position(list, name));
  step.slots.insert(step.slots.begin() + position, slot);
}

void normalize(Plan& plan, Step& linear, Slot rows, Slot statistics, float eps) {
  const Weight& weight = weight_of(plan, linear, "weight");
  TensorExpr sums = t::row_sums(t::rounded(weight.value, weight.dtype));
  auto spec = typed_spec<LinearSpec>(linear.spec);
  spec.normalized = true;
  spec.eps = eps;
  linear.spec = op_spec(spec);
  const std::vector<Operand> list = operands(spec);
  linear.slots[0] = rows;
  insert_operand(linear, list, "column_sums",
                 add_weight(plan, linear.name + ".column_sums", std::move(sums)));
  insert_operand(linear, list, "input_statistics", statistics);
}

/// Whether the step is a LayerNorm that its neighbours do now.
bool spread(Plan& plan, const Step& norm) {
  if (norm.spec.op != LayerNormSpec::op || norm.slots.back().kind != SlotKind::arena) return false;
  const auto spec = typed_spec<LayerNormSpec>(norm.spec);
  const Slot rows = norm.slots.front();
  const std::vector<Reader> users = readers(plan, norm.slots.back());
  const bool linears_only = std::ranges::all_of(
      users, [&](const Reader& reader) { return can_normalize(plan, reader, spec.width); });
  if (spec.affine || users.empty() || !linears_only) return false;
  Step* source = source_of(plan, rows, spec.width);
  if (source == nullptr) return false;
  const Slot statistics = statistics_of(plan, *source);
  for (const Reader& user : users) {
    normalize(plan, plan.steps[user.step], rows, statistics, spec.eps);
  }
  return true;
}

}  // namespace

void norm_into_epilogue(Plan& plan) {
  std::vector<std::string> done;
  for (const Step& step : plan.steps) {
    if (spread(plan, step)) done.push_back(step.name);
  }
  std::erase_if(plan.steps,
                [&](const Step& step) { return std::ranges::count(done, step.name) > 0; });
}

}  // namespace vitgen
