// What rules offer to a tuner.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "schedules/rule.h"
#include "tests/schedules/op_specs.h"

namespace vitgen {
namespace {

std::vector<OpSpec> specs_of(std::string_view op) {
  std::vector<OpSpec> specs = edge_specs(op);
  const std::vector<OpSpec> large = model_specs(op);
  specs.insert(specs.end(), large.begin(), large.end());
  return specs;
}

TEST(Spaces, HoldTheDefaultsAndNothingTwice) {
  for (const RuleEntry& rule : all_rules()) {
    for (const OpSpec& spec : specs_of(rule.op)) {
      for (const Machine* machine : all_machines()) {
        const auto defaults = rule.defaults(spec, *machine);
        const std::vector<Fields> space = rule.space(spec, *machine);
        const std::string where = std::string(rule.name) + " " + spec.text();
        EXPECT_EQ(space.empty(), !defaults) << where;
        if (!defaults) continue;
        EXPECT_NE(std::ranges::find(space, *defaults), space.end())
            << where << " " << machine->name << " lacks " << defaults->text();
        std::set<std::string> texts;
        for (const Fields& knobs : space) {
          EXPECT_TRUE(texts.insert(knobs.text()).second) << where << " " << knobs.text();
        }
      }
    }
  }
}

}  // namespace
}  // namespace vitgen
