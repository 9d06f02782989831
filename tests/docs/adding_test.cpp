// The op that docs/adding.md adds works as the page says: through the fallback and by its schedule.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "schedules/cpu/rms_norm.h"
#include "schedules/rule.h"
#include "tools/verify/reference/reference.h"

namespace vitgen {
namespace {

std::vector<float> random_values(std::size_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

void expect_matches_reference(const RmsNormSpec& typed, Algorithm algorithm) {
  const OpSpec spec = op_spec(typed);
  const std::vector<Operand> list = operands(typed);
  std::vector<float> input = random_values(static_cast<std::size_t>(list[0].elements()));
  std::vector<float> gain = random_values(static_cast<std::size_t>(list[1].elements()));
  std::vector<float> output(input.size());
  algorithm.arguments[0].set(Halide::Buffer<float>(input.data(), list[0].extents));
  algorithm.arguments[1].set(Halide::Buffer<float>(gain.data(), list[1].extents));
  Halide::Buffer<float> result(output.data(), list[2].extents);
  pipeline(algorithm).realize(result, Halide::get_jit_target_from_environment());

  const OperandData data(list, {input.data(), gain.data(), output.data()});
  for (std::int64_t i = 0; i < list[2].elements(); ++i) {
    const ReferenceValue want = reference_entry<RmsNormSpec>().value(spec, data, i);
    EXPECT_NEAR(output[static_cast<std::size_t>(i)], want.value, want.bound) << spec.text() << i;
  }
}

class AddingAnOp : public ::testing::TestWithParam<RmsNormSpec> {};

INSTANTIATE_TEST_SUITE_P(Shapes, AddingAnOp,
                         ::testing::Values(RmsNormSpec{1, 1}, RmsNormSpec{3, 15},
                                           RmsNormSpec{2, 16}, RmsNormSpec{17, 96}));

TEST_P(AddingAnOp, MatchesItsReferenceUnscheduled) {
  Algorithm algorithm = op_entry<RmsNormSpec>().define(op_spec(GetParam()));
  for (Halide::Func& stage : algorithm.stages) stage.compute_root();
  expect_matches_reference(GetParam(), algorithm);
}

TEST_P(AddingAnOp, MatchesItsReferenceByItsRuleOnEveryCpuRow) {
  const RuleEntry rule = rule_entry<CpuRmsNorm>();
  for (const Machine* machine : all_machines()) {
    const auto knobs = rule.defaults(op_spec(GetParam()), *machine);
    EXPECT_EQ(knobs.has_value(), machine->kind == MachineKind::cpu);
    const std::vector<Fields> space = rule.space(op_spec(GetParam()), *machine);
    EXPECT_EQ(knobs ? std::ranges::count(space, *knobs) : 0, knobs ? 1 : 0);
    for (const Fields& each : space) {
      expect_matches_reference(GetParam(), rule.build(op_spec(GetParam()), *machine, each));
    }
  }
}

}  // namespace
}  // namespace vitgen
