#include "generators/plan/plan_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "generators/ops/linear.h"
#include "generators/ops/support/ops_table.h"
#include "generators/plan/passes/passes.h"
#include "generators/plan/passes/readers.h"
#include "generators/plan/precision.h"
#include "generators/plan/tensor_functions.h"

namespace vitgen {

std::optional<ImageExtents> image_extents(const Port& port) {
  if (port.extents.size() != 3) return std::nullopt;
  const int a = port.extents[0];
  const int b = port.extents[1];
  const int c = port.extents[2];
  if (port.dtype == DType::u8) return ImageExtents{.channels = a, .height = c, .width = b};
  return ImageExtents{.channels = c, .height = b, .width = a};
}

std::int64_t Weight::bytes() const { return Operand{name, Role::weight, dtype, extents}.bytes(); }

Slot add_weight(Plan& plan, std::string name, TensorExpr value) {
  Weight weight{.name = std::move(name), .extents = {}, .value = std::move(value)};
  const Shape shape = shape_of(weight.value);
  for (auto extent = shape.rbegin(); extent != shape.rend(); ++extent) {
    weight.extents.push_back(static_cast<int>(*extent));
  }
  plan.weights.push_back(std::move(weight));
  return {SlotKind::weight, static_cast<int>(plan.weights.size()) - 1};
}

Slot add_buffer(Plan& plan, std::int64_t bytes) {
  plan.buffers.push_back({.bytes = bytes});
  return {SlotKind::arena, static_cast<int>(plan.buffers.size()) - 1};
}

Slot add_step(Plan& plan, std::string name, OpSpec spec, std::vector<Slot> slots) {
  const std::vector<Operand> list = operands(spec);
  const Slot out{SlotKind::arena, static_cast<int>(plan.buffers.size())};
  for (std::size_t i = first_output(list); i < list.size(); ++i) {
    slots.push_back(add_buffer(plan, list[i].bytes()));
  }
  plan.steps.push_back({std::move(name), std::move(spec), std::move(slots)});
  return out;
}

Weight& weight_of(Plan& plan, const Step& step, std::string_view name) {
  const Slot slot = step.slots[operand_position(operands(step.spec), name)];
  return plan.weights[static_cast<std::size_t>(slot.index)];
}

void bind_output(Plan& plan, Slot value, Port port) {
  const Slot out{SlotKind::output, static_cast<int>(plan.outputs.size())};
  plan.outputs.push_back(std::move(port));
  for (Step& step : plan.steps) {
    for (Slot& slot : step.slots) {
      if (slot == value) slot = out;
    }
  }
}

void drop_unread_steps(Plan& plan) {
  std::vector<bool> read(plan.buffers.size(), false);
  std::vector<Step> kept;
  for (auto step = plan.steps.rbegin(); step != plan.steps.rend(); ++step) {
    const auto is_needed = [&](const Slot& out) {
      return out.kind != SlotKind::arena || read[static_cast<std::size_t>(out.index)];
    };
    if (std::ranges::none_of(written_slots(*step), is_needed)) continue;
    for (const Slot& slot : step->slots) {
      if (slot.kind == SlotKind::arena) read[static_cast<std::size_t>(slot.index)] = true;
    }
    kept.push_back(std::move(*step));
  }
  plan.steps.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
}

namespace {

/// `items` are what slots of `kind` number; those used are kept, in the order of their first use.
template <class Item>
void drop_unused_items(Plan& plan, SlotKind kind, std::vector<Item>& items) {
  std::vector<int> renumbered(items.size(), -1);
  std::vector<Item> kept;
  for (Step& step : plan.steps) {
    for (Slot& slot : step.slots) {
      if (slot.kind != kind) continue;
      const auto index = static_cast<std::size_t>(slot.index);
      if (renumbered[index] < 0) {
        renumbered[index] = static_cast<int>(kept.size());
        kept.push_back(std::move(items[index]));
      }
      slot.index = renumbered[index];
    }
  }
  items = std::move(kept);
}

}  // namespace

void drop_unused(Plan& plan) {
  drop_unused_items(plan, SlotKind::arena, plan.buffers);
  drop_unused_items(plan, SlotKind::weight, plan.weights);
}

void share_weights(Plan& plan) {
  std::map<std::string, int> first;  // of each type and value
  std::vector<int> shared;
  for (const Weight& weight : plan.weights) {
    const auto number = static_cast<int>(shared.size());
    const std::string value = fmt::format("{} {}", enum_text(weight.dtype), to_text(weight.value));
    shared.push_back(first.emplace(value, number).first->second);
  }
  for (Step& step : plan.steps) {
    for (Slot& slot : step.slots) {
      if (slot.kind == SlotKind::weight) slot.index = shared[static_cast<std::size_t>(slot.index)];
    }
  }
  drop_unused(plan);
}

void finish(Plan& plan, const PlanOptions& options) {
  run_passes(plan, PassTime::in_f32, options.disabled_passes);
  drop_unused(plan);
  set_precision(plan, options.precision);
  run_passes(plan, PassTime::in_precision, options.disabled_passes);
  share_weights(plan);
  assign_arena(plan);
  check(plan);
}

Slot add_linear(Plan& plan, const LinearStep& step, LinearWeights weights, Slot input) {
  const Shape shape = shape_of(weights.weight);
  const int n = static_cast<int>(shape[0]);
  const LinearSpec spec{.rows = step.rows,
                        .k = static_cast<int>(shape[1]),
                        .n = n,
                        .panel = panel_width(n),
                        .epilogue = {.bias = !weights.bias.empty(),
                                     .activation = step.activation,
                                     .residual = !step.residual.empty()}};
  std::vector<Slot> slots = {input,
                             add_weight(plan, step.name + ".weight",
                                        tensors::pack(std::move(weights.weight), spec.panel))};
  if (spec.epilogue.bias) {
    slots.push_back(add_weight(plan, step.name + ".bias",
                               tensors::pad(std::move(weights.bias[0]), padded(n, spec.panel))));
  }
  if (spec.epilogue.residual) slots.push_back(step.residual[0]);
  return add_step(plan, step.name, op_spec(spec), std::move(slots));
}

}  // namespace vitgen
