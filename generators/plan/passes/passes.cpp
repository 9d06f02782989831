#include "generators/plan/passes/passes.h"

#include <algorithm>

#include "generators/base/error.h"
#include "generators/base/suggest.h"
#include "generators/plan/passes/norm_into_epilogue.h"
#include "generators/plan/passes/norm_into_linear.h"
#include "generators/plan/passes/patches_into_linear.h"
#include "generators/plan/passes/pool_before_norm.h"
#include "generators/plan/passes/scale_into_query.h"

namespace vitgen {

std::span<const Pass> all_passes() {
  static constexpr Pass passes[] = {
      {"pool_before_norm", "the last LayerNorm runs only on the tokens that are pooled",
       pool_before_norm},
      {"norm_into_linear", "a LayerNorm's gain and bias become part of the linears that read it",
       norm_into_linear},
      {"scale_into_query", "the softmax scale becomes part of the linear that makes q",
       scale_into_query},
      {"patches_into_linear",
       "in 16 bits the patch embedding is a linear of patches laid out as rows",
       patches_into_linear, PassTime::in_precision},
      {"norm_into_epilogue", "in 16 bits the linears before and after a LayerNorm compute it",
       norm_into_epilogue, PassTime::in_precision},
  };
  return passes;
}

void run_passes(Plan& plan, PassTime time, const std::vector<std::string>& disabled) {
  std::vector<std::string_view> names;
  for (const Pass& pass : all_passes()) names.push_back(pass.name);
  for (const std::string& name : disabled) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw Error(ExitCode::usage, "PASS_UNKNOWN",
                  "no plan pass is called '" + printable(name) + "'", suggestion_hint(name, names));
    }
  }
  for (const Pass& pass : all_passes()) {
    if (pass.time != time) continue;
    if (std::find(disabled.begin(), disabled.end(), pass.name) == disabled.end()) pass.run(plan);
  }
}

}  // namespace vitgen
