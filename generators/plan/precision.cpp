#include "generators/plan/precision.h"

#include <algorithm>
#include <iterator>

#include "generators/ops/linear.h"
#include "generators/ops/support/ops_table.h"
#include "generators/ops/widen.h"
#include "generators/plan/passes/readers.h"
#include "generators/plan/plan_builder.h"

namespace vitgen {

namespace {

/// What `step` reads as a weight where its operand has changed from `before` to `after`: a matrix
/// or vector without the panels, which its value has in f32.
void set_weight(Weight& weight, const Operand& before, const Operand& after) {
  weight.dtype = after.dtype;
  if (before.extents == after.extents) return;
  weight.extents = after.extents;
  weight.value = TensorExpr(weight.value.arguments.at(0));  // of pack or pad
}

void set_storage(Plan& plan, Step& step, DType storage) {
  const std::vector<Operand> before = operands(step.spec);
  step.spec = with_storage(step.spec, storage);
  const std::vector<Operand> after = operands(step.spec);
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (after[i].role != Role::weight) continue;
    set_weight(plan.weights[static_cast<std::size_t>(step.slots[i].index)], before[i], after[i]);
  }
}

/// The readers of a value that read f32, and those that do not.
struct ReadersByType {
  std::vector<Reader> wide, narrow;
};

ReadersByType readers_by_type(const Plan& plan, Slot value) {
  ReadersByType found;
  for (const Reader& reader : readers(plan, value)) {
    const DType type = operands(plan.steps[reader.step].spec)[reader.position].dtype;
    (type == DType::f32 ? found.wide : found.narrow).push_back(reader);
  }
  return found;
}

/// A linear keeps its sums in f32 anyway.
bool write_f32(Step& step) {
  if (step.spec.op != LinearSpec::op) return false;
  auto spec = typed_spec<LinearSpec>(step.spec);
  spec.f32_output = true;
  step.spec = op_spec(spec);
  return true;
}

/// Turns output `value` of a step, at `position`, into one that is stored and one that `wide` reads
/// in f32, and gives the step between them.
Step widening(Plan& plan, Step& step, std::size_t position, const Operand& value,
              const ReadersByType& users) {
  const int width = value.extents[0];
  const WidenSpec spec{
      .rows = static_cast<int>(value.elements() / width), .width = width, .storage = value.dtype};
  const auto read_instead = [&](const std::vector<Reader>& list, Slot slot) {
    for (const Reader& reader : list) plan.steps[reader.step].slots[reader.position] = slot;
  };
  Slot wide = step.slots[position];
  if (wide.kind == SlotKind::output) {
    const Slot stored = add_buffer(plan, 0);
    step.slots[position] = stored;
    read_instead(users.narrow, stored);
  } else {
    wide = add_buffer(plan, 0);
    read_instead(users.wide, wide);
  }
  return {step.name + ".f32", op_spec(spec), {step.slots[position], wide}};
}

/// What step number `s` writes, in f32 for those who read that: by the step itself, or by steps
/// after it, which are given.
std::vector<Step> widen_outputs(Plan& plan, std::size_t s, DType storage) {
  std::vector<Step> steps;
  const std::vector<Operand> list = operands(plan.steps[s].spec);
  for (std::size_t i = first_output(list); i < list.size(); ++i) {
    if (list[i].dtype != storage) continue;
    const Slot value = plan.steps[s].slots[i];
    const ReadersByType users = readers_by_type(plan, value);
    if (users.wide.empty() && value.kind != SlotKind::output) continue;
    if (users.narrow.empty() && write_f32(plan.steps[s])) continue;
    steps.push_back(widening(plan, plan.steps[s], i, list[i], users));
  }
  return steps;
}

void set_buffer_sizes(Plan& plan) {
  for (const Step& step : plan.steps) {
    const std::vector<Operand> list = operands(step.spec);
    for (std::size_t i = first_output(list); i < list.size(); ++i) {
      const Slot out = step.slots[i];
      if (out.kind != SlotKind::arena) continue;
      plan.buffers[static_cast<std::size_t>(out.index)].bytes = list[i].bytes();
    }
  }
}

}  // namespace

void set_precision(Plan& plan, DType storage) {
  if (storage == DType::f32) return;
  for (Step& step : plan.steps) set_storage(plan, step, storage);
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    std::vector<Step> after = widen_outputs(plan, s, storage);
    plan.steps.insert(plan.steps.begin() + static_cast<std::ptrdiff_t>(s) + 1,
                      std::make_move_iterator(after.begin()), std::make_move_iterator(after.end()));
  }
  set_buffer_sizes(plan);
}

}  // namespace vitgen
