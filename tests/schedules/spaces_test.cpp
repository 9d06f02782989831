// What rules offer to a tuner.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "generators/base/error.h"
#include "generators/ops/attention.h"
#include "generators/ops/support/ops_table.h"
#include "schedules/rule.h"
#include "tests/schedules/op_specs.h"

namespace vitgen {
namespace {

using ::testing::HasSubstr;

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

std::string refusal(const OpSpec& spec, const std::string& choice) {
  try {
    build(spec, find_machine("cpu_avx2"), Choice::parse(choice));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "KNOBS_ILLEGAL");
    return error.what();
  }
  return "none";
}

// By hand one may leave the space, but not ask for a tile that compiles for minutes.
TEST(Spaces, TilesThatWouldBeUnrolledWithoutEndAreRefused) {
  const OpSpec spec = op_spec(AttentionSpec{1, 257, 1, 64, 0.125f});
  const auto choice = [](int m_r, int n_keys, int n_out) {
    return "cpu/attention(tiles=1,m_r=" + std::to_string(m_r) +
           ",n_keys=" + std::to_string(n_keys) + ",n_out=" + std::to_string(n_out) +
           ",pack_values=0)";
  };
  EXPECT_EQ(refusal(spec, choice(1, 16, 16)), "none");
  EXPECT_NE(refusal(spec, choice(16, 272, 16)).find("at most 64 vectors"), std::string::npos);
  EXPECT_NE(refusal(spec, choice(16, 16, 64)).find("at most 64 vectors"), std::string::npos);
}

// The last vector of images, and the last tile of queries, begin earlier where they are not whole:
// a task of one of them would write what the task before it writes.
TEST(Spaces, ATaskThatOverlapsAnotherIsRefused) {
  const OpSpec images = op_spec(AttentionSpec{36, 16, 3, 2, 0.5f});  // 4 vectors and a half
  const std::string groups = "m_r=4,n_keys=2,n_out=2)";
  EXPECT_THAT(refusal(images, "cpu/attention_small(groups=1," + groups), HasSubstr("overlapping"));
  EXPECT_THAT(refusal(images, "cpu/attention_small(groups=2," + groups), HasSubstr("overlapping"));
  EXPECT_EQ(refusal(images, "cpu/attention_small(groups=3," + groups), "none");
  const OpSpec queries = op_spec(AttentionSpec{1, 25, 1, 16, 0.25f});  // 4 tiles and a row
  const std::string tiles = "m_r=6,n_keys=16,n_out=16,pack_values=0)";
  EXPECT_THAT(refusal(queries, "cpu/attention(tiles=1," + tiles), HasSubstr("overlapping"));
  EXPECT_THAT(refusal(queries, "cpu/attention(tiles=2," + tiles), HasSubstr("overlapping"));
  EXPECT_EQ(refusal(queries, "cpu/attention(tiles=3," + tiles), "none");
}

}  // namespace
}  // namespace vitgen
