#include "generators/plan/passes/readers.h"

namespace vitgen {

std::vector<Reader> readers(const Plan& plan, Slot slot) {
  std::vector<Reader> found;
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const std::vector<Slot>& slots = plan.steps[s].slots;
    for (std::size_t i = 0; i + 1 < slots.size(); ++i) {
      if (slots[i] == slot) found.push_back({s, i});
    }
  }
  return found;
}

}  // namespace vitgen
