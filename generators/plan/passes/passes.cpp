#include "generators/plan/passes/passes.h"

#include <algorithm>

#include "generators/base/error.h"
#include "generators/base/suggest.h"
#include "generators/plan/passes/pool_before_norm.h"

namespace vitgen {

std::span<const Pass> all_passes() {
  static constexpr Pass passes[] = {
      {"pool_before_norm", "the last LayerNorm runs only on the tokens that are pooled",
       pool_before_norm},
  };
  return passes;
}

void run_passes(Plan& plan, const std::vector<std::string>& disabled) {
  std::vector<std::string_view> names;
  for (const Pass& pass : all_passes()) names.push_back(pass.name);
  for (const std::string& name : disabled) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw Error(ExitCode::usage, "PASS_UNKNOWN",
                  "no plan pass is called '" + printable(name) + "'", suggestion_hint(name, names));
    }
  }
  for (const Pass& pass : all_passes()) {
    if (std::find(disabled.begin(), disabled.end(), pass.name) == disabled.end()) pass.run(plan);
  }
}

}  // namespace vitgen
