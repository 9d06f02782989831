#pragma once
// Rewrites of a plan that keep its outputs: each is a free function in a file of its own and has an
// off switch by its name.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "generators/plan/plan.h"

namespace vitgen {

/// When a pass runs: most rewrite the plan that lowering makes, in f32; some what set_precision
/// leaves.
enum class PassTime : std::uint8_t { in_f32, in_precision };

struct Pass {
  std::string_view name;
  std::string_view purpose;  ///< one line
  void (*run)(Plan&);
  PassTime time = PassTime::in_f32;
};

/// In the order in which they run.
std::span<const Pass> all_passes();

/// Runs the passes of that time but the disabled ones. Throws PASS_UNKNOWN, of class usage.
void run_passes(Plan& plan, PassTime time, const std::vector<std::string>& disabled);

}  // namespace vitgen
