#pragma once
// Rewrites of a plan that keep its outputs: each is a free function in a file of its own and has an
// off switch by its name.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "generators/plan/plan.h"

namespace vitgen {

struct Pass {
  std::string_view name;
  std::string_view purpose;  ///< one line
  void (*run)(Plan&);
};

/// In the order in which they run.
std::span<const Pass> all_passes();

/// Runs all passes but the disabled ones. Throws PASS_UNKNOWN, of class usage.
void run_passes(Plan& plan, const std::vector<std::string>& disabled);

}  // namespace vitgen
