#include "generators/plan/passes/readers.h"

#include <algorithm>

#include "generators/ops/support/ops_table.h"

namespace vitgen {

std::span<const Slot> written_slots(const Step& step) {
  return std::span(step.slots).subspan(first_output(operands(step.spec)));
}

namespace {

// Only steps that name the slot are asked for their operands: making those takes a parser.
bool names(const Step& step, Slot slot) {
  return std::ranges::find(step.slots, slot) != step.slots.end();
}

}  // namespace

const Step* writer_of(const Plan& plan, Slot slot) {
  const auto writes = [&](const Step& step) {
    return names(step, slot) && std::ranges::count(written_slots(step), slot) > 0;
  };
  const auto found = std::ranges::find_if(plan.steps, writes);
  return found == plan.steps.end() ? nullptr : &*found;
}

std::vector<Reader> readers(const Plan& plan, Slot slot) {
  std::vector<Reader> found;
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    if (!names(step, slot)) continue;
    const std::size_t inputs = step.slots.size() - written_slots(step).size();
    for (std::size_t i = 0; i < inputs; ++i) {
      if (step.slots[i] == slot) found.push_back({s, i});
    }
  }
  return found;
}

}  // namespace vitgen
