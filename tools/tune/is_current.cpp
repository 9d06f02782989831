#include "tools/tune/is_current.h"

#include "schedules/rule.h"

namespace vitgen {

bool is_current(const OpSpec& spec, const Choice& choice, const TuningVersions& versions) {
  const auto rule = rule_version(spec.op, choice.rule);
  return rule && versions == current_versions(*rule);
}

}  // namespace vitgen
