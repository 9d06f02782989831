#pragma once
// Who reads a value of a plan.

#include <vector>

#include "generators/plan/plan.h"

namespace vitgen {

/// Operand `position` of step number `step`.
struct Reader {
  std::size_t step = 0;
  std::size_t position = 0;
};

/// Every operand, outputs left out, that is the slot.
std::vector<Reader> readers(const Plan& plan, Slot slot);

}  // namespace vitgen
