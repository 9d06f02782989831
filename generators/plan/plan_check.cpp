#include <fmt/format.h>

#include <map>
#include <set>

#include "generators/base/error.h"
#include "generators/ops/support/ops_table.h"
#include "generators/plan/plan.h"
#include "generators/plan/tensor_functions.h"

namespace vitgen {

namespace {

[[noreturn]] void invalid(const std::string& what) {
  throw Error(ExitCode::internal, "PLAN_INVALID", "the plan is wrong: " + what);
}

std::int64_t elements(const std::vector<int>& extents) {
  return Operand{"", Role::input, DType::f32, extents}.elements();
}

std::int64_t port_bytes(const Plan& plan, const Port& port) {
  return plan.batch * elements(port.extents) * byte_size(port.dtype);
}

/// Bytes behind a slot; throws if there is no such thing.
std::int64_t slot_bytes(const Plan& plan, const Slot& slot, const std::string& step) {
  const auto at = [&](const auto& list) -> const auto& {
    if (slot.index < 0 || slot.index >= static_cast<int>(list.size())) {
      invalid(fmt::format("{}: there is no {} number {}", step, enum_text(slot.kind), slot.index));
    }
    return list[static_cast<std::size_t>(slot.index)];
  };
  switch (slot.kind) {
    case SlotKind::input:
      return port_bytes(plan, at(plan.inputs));
    case SlotKind::output:
      return port_bytes(plan, at(plan.outputs));
    case SlotKind::arena:
      return at(plan.buffers).bytes;
    case SlotKind::weight:
      return at(plan.weights).bytes();
  }
  invalid(step + ": unknown kind of slot");
}

/// The element type that a step has given each buffer and output.
using Written = std::map<std::pair<SlotKind, int>, DType>;

void check_operand(const Plan& plan, const Step& step, std::size_t index, const Operand& operand,
                   const Written& written) {
  const Slot slot = step.slots[index];
  const std::int64_t bytes = slot_bytes(plan, slot, step.name);
  if (bytes != operand.bytes()) {
    invalid(fmt::format("{}: {} takes {} bytes, its {} number {} has {}", step.name, operand.name,
                        operand.bytes(), enum_text(slot.kind), slot.index, bytes));
  }
  if ((operand.role == Role::weight) != (slot.kind == SlotKind::weight)) {
    invalid(fmt::format("{}: {} is in a slot of kind {}", step.name, operand.name,
                        enum_text(slot.kind)));
  }
  const bool constant = slot.kind == SlotKind::weight || slot.kind == SlotKind::input;
  if (operand.role == Role::output) {
    if (constant) invalid(step.name + ": writes to what it may only read");
    for (std::size_t other = 0; other < step.slots.size(); ++other) {
      if (other != index && step.slots[other] == slot) {
        invalid(fmt::format("{}: its output is also an operand", step.name));
      }
    }
  } else if (!constant) {
    const auto found = written.find({slot.kind, slot.index});
    if (found == written.end()) {
      invalid(fmt::format("{}: reads {} number {}, which no step has written", step.name,
                          enum_text(slot.kind), slot.index));
    }
    if (found->second != operand.dtype) {
      invalid(fmt::format("{}: reads {} as {}, and it was written as {}", step.name, operand.name,
                          enum_text(operand.dtype), enum_text(found->second)));
    }
  }
}

void check_weight(const Plan& plan, const Step& step, std::size_t index, const Operand& operand) {
  if (operand.role != Role::weight) return;
  const Weight& weight = plan.weights[static_cast<std::size_t>(step.slots[index].index)];
  if (weight.dtype != operand.dtype) {
    invalid(fmt::format("{}: {} is {}, the step wants {}", step.name, weight.name,
                        enum_text(weight.dtype), enum_text(operand.dtype)));
  }
  if (weight.extents != operand.extents) {
    invalid(fmt::format("{}: {} has extents [{}], the step wants [{}]", step.name, weight.name,
                        fmt::join(weight.extents, ", "), fmt::join(operand.extents, ", ")));
  }
}

void check_steps(const Plan& plan) {
  Written written;
  std::set<std::string> names;
  for (const Step& step : plan.steps) {
    if (!names.insert(step.name).second) invalid(step.name + ": two steps have this name");
    const std::vector<Operand> list = operands(step.spec);
    if (list.size() != step.slots.size()) {
      invalid(
          fmt::format("{}: {} slots for {} operands", step.name, step.slots.size(), list.size()));
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
      check_operand(plan, step, i, list[i], written);
      check_weight(plan, step, i, list[i]);
    }
    for (std::size_t i = first_output(list); i < list.size(); ++i) {
      written[{step.slots[i].kind, step.slots[i].index}] = list[i].dtype;
    }
  }
  for (std::size_t i = 0; i < plan.outputs.size(); ++i) {
    if (!written.contains({SlotKind::output, static_cast<int>(i)})) {
      invalid("no step writes the output " + plan.outputs[i].name);
    }
  }
}

void check_weights(const Plan& plan) {
  std::set<std::string> names;
  for (const Weight& weight : plan.weights) {
    if (!names.insert(weight.name).second) invalid(weight.name + ": two weights have this name");
    const Shape shape = shape_of(weight.value);
    const bool equal = std::equal(shape.begin(), shape.end(), weight.extents.rbegin(),
                                  weight.extents.rend(), std::equal_to<std::int64_t>());
    if (!equal) {
      invalid(
          fmt::format("{}: the expression gives [{}], outermost first, and the extents are [{}]",
                      weight.name, fmt::join(shape, ", "), fmt::join(weight.extents, ", ")));
    }
  }
}

void check_arena(const Plan& plan) {
  for (std::size_t a = 0; a < plan.buffers.size(); ++a) {
    const Buffer& first = plan.buffers[a];
    if (first.offset % kArenaAlignment != 0 || first.offset + first.bytes > plan.arena_bytes) {
      invalid(fmt::format("buffer {} is misaligned or past the arena's end", a));
    }
    for (std::size_t b = a + 1; b < plan.buffers.size(); ++b) {
      const Buffer& second = plan.buffers[b];
      const bool together =
          first.first_step <= second.last_step && second.first_step <= first.last_step;
      const bool overlap =
          first.offset < second.offset + second.bytes && second.offset < first.offset + first.bytes;
      if (together && overlap) invalid(fmt::format("buffers {} and {} overlap", a, b));
    }
  }
}

}  // namespace

void check(const Plan& plan) {
  check_steps(plan);
  check_weights(plan);
  check_arena(plan);
}

}  // namespace vitgen
