#pragma once
// Who writes and who reads a value of a plan.

#include <span>
#include <vector>

#include "generators/plan/plan.h"

namespace vitgen {

/// Operand `position` of step number `step`.
struct Reader {
  std::size_t step = 0;
  std::size_t position = 0;
};

/// Where a step puts its outputs.
std::span<const Slot> written_slots(const Step& step);

/// The step that writes the slot; null if none does.
const Step* writer_of(const Plan& plan, Slot slot);

/// Every operand, outputs left out, that is the slot.
std::vector<Reader> readers(const Plan& plan, Slot slot);

}  // namespace vitgen
