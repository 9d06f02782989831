#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/ops/support/ops_table.h"
#include "generators/plan/plan.h"

namespace vitgen {

namespace {

std::string port_text(const Port& port) {
  return fmt::format("{} {}[{}]", port.name, enum_text(port.dtype), fmt::join(port.extents, ", "));
}

std::string slot_text(const Plan& plan, const Slot& slot) {
  const auto index = static_cast<std::size_t>(slot.index);
  switch (slot.kind) {
    case SlotKind::input:
      return "<" + plan.inputs.at(index).name + ">";
    case SlotKind::output:
      return "<" + plan.outputs.at(index).name + ">";
    case SlotKind::arena:
      return fmt::format("#{}@{}", slot.index, plan.buffers.at(index).offset);
    case SlotKind::weight:
      return plan.weights.at(index).name;
  }
  return "?";
}

std::string step_text(const Plan& plan, const Step& step) {
  std::string out = fmt::format("step {}: {}", step.name, step.spec.text());
  const std::vector<Operand> list = operands(step.spec);
  for (std::size_t i = 0; i < list.size() && i < step.slots.size(); ++i) {
    out += fmt::format(" {}={}", list[i].name, slot_text(plan, step.slots[i]));
  }
  return out;
}

}  // namespace

std::string to_text(const Plan& plan) {
  std::string out = fmt::format("plan batch={} arena={} bytes in {} buffers\n", plan.batch,
                                plan.arena_bytes, plan.buffers.size());
  for (const Port& port : plan.inputs) out += fmt::format("input {}\n", port_text(port));
  for (const Port& port : plan.outputs) out += fmt::format("output {}\n", port_text(port));
  for (const Step& step : plan.steps) out += step_text(plan, step) + '\n';
  for (const Weight& weight : plan.weights) {
    const bool narrow = weight.dtype != DType::f32;
    out += fmt::format("weight {} {}[{}] = {}\n", weight.name,
                       narrow ? fmt::format("{} ", enum_text(weight.dtype)) : "",
                       fmt::join(weight.extents, ", "), to_text(weight.value));
  }
  return out;
}

}  // namespace vitgen
