// The order of sums on a GPU: what the op's header states, whatever the blocks.

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "generators/ops/attention.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "generators/ops/patch_embed.h"
#include "schedules/rule.h"
#include "tests/schedules/kernel_runner.h"
#include "tests/schedules/op_specs.h"
#include "tests/schedules/opencl.h"

namespace vitgen {
namespace {

const Choice kSlow{.rule = "fallback", .knobs = {}};

// Compiled by the same compiler: that of OpenCL fuses other products than that of the CPU's code.
void expect_bits_of_fallback(const OpSpec& spec, const std::vector<Choice>& choices) {
  const Machine& machine = find_machine("opencl");
  KernelRunner runner(spec, Fill::heavy_tailed, 3, true);
  const std::vector<float> slow = runner.run(machine, kSlow);
  for (const Choice& choice : choices) {
    const std::vector<float> fast = runner.run(machine, choice);
    EXPECT_EQ(std::memcmp(slow.data(), fast.data(), slow.size() * sizeof(float)), 0)
        << spec.text() << " by " << choice.text();
  }
}

Choice default_on_gpu(const OpSpec& spec) {
  const Choice choice = choose_default(spec, find_machine("opencl"));
  EXPECT_NE(choice.rule, "fallback") << spec.text();
  return choice;
}

class GpuBits : public ::testing::Test {
 protected:
  void SetUp() override {
    static const std::string missing = load_opencl();
    ASSERT_EQ(missing, "");
  }
};
class GpuBitsFull : public GpuBits {};

// Widths that are not whole lanes, tiles that reach past the edges, scales whose products round.
TEST_F(GpuBits, LinearLayerNormAndAttentionAreThoseOfFallback) {
  for (const OpSpec& spec :
       {op_spec(LinearSpec{19, 65, 24, 32, {}}), op_spec(LayerNormSpec{5, 100, 1e-6f}),
        op_spec(AttentionSpec{1, 19, 2, 24, 0.3f})}) {
    expect_bits_of_fallback(spec, {default_on_gpu(spec)});
  }
}

TEST_F(GpuBitsFull, EveryRuleIsThatOfFallback) {
  for (const OpEntry& op : all_ops()) {
    const std::vector<OpSpec> specs = edge_specs(op.name);
    for (std::size_t s = 1; s < specs.size(); s += 4) {
      if (!has_one_order(specs[s])) continue;
      expect_bits_of_fallback(specs[s], {default_on_gpu(specs[s])});
    }
  }
}

// The tuner's own gate: what it may choose changes no bit.
TEST_F(GpuBitsFull, SettingsOfAnyRuleChangeNoBit) {
  std::mt19937 random(1);
  const Machine& machine = find_machine("opencl");
  for (const RuleEntry& rule : all_rules()) {
    for (const OpSpec& spec : edge_specs(rule.op)) {
      const std::vector<Fields> space = rule.space(spec, machine);
      if (space.size() < 2 || !has_one_order(spec)) continue;
      std::vector<Choice> choices;
      for (int sample = 0; sample < 3; ++sample) {
        choices.push_back({std::string(rule.name), space[random() % space.size()]});
      }
      expect_bits_of_fallback(spec, choices);
      break;  // one shape of each rule
    }
  }
}

}  // namespace
}  // namespace vitgen
