// What a tuner can propose is right, on a sample: random settings of the rules at small shapes, one
// half of them from the list of edges and the other random.

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>

#include "generators/ops/attention.h"
#include "generators/ops/depthwise_conv.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/pool.h"
#include "generators/ops/support/ops_table.h"
#include "generators/ops/token_mix.h"
#include "tests/schedules/kernel_runner.h"
#include "tests/schedules/op_specs.h"
#include "tests/schedules/random_specs.h"

namespace vitgen {
namespace {

struct Triple {
  OpSpec spec;
  const Machine* machine;
  Choice choice;
};

std::vector<OpSpec> served_edges(const RuleEntry& rule, const Machine& machine) {
  std::vector<OpSpec> specs = edge_specs(rule.op);
  std::erase_if(specs, [&](const OpSpec& spec) { return rule.space(spec, machine).empty(); });
  return specs;
}

// Rules of CPUs take turns, so that a rule with many shapes does not crowd out the others.
std::vector<Triple> sample_triples(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<const RuleEntry*> rules;
  for (const RuleEntry& rule : all_rules()) rules.push_back(&rule);
  std::vector<Triple> triples;
  for (std::size_t turn = 0; triples.size() < count; ++turn) {
    const RuleEntry& rule = *rules[turn % rules.size()];
    const Machine* machine = all_machines()[random() % all_machines().size()];
    if (machine->kind != MachineKind::cpu) continue;
    const std::vector<OpSpec> specs = served_edges(rule, *machine);
    if (specs.empty()) continue;
    const bool listed = random() % 2 == 0;
    const OpSpec spec = listed ? specs[random() % specs.size()] : random_spec(rule.op, random);
    const std::vector<Fields> space = rule.space(spec, *machine);
    if (space.empty()) continue;
    triples.push_back({spec, machine, {std::string(rule.name), space[random() % space.size()]}});
  }
  return triples;
}

void expect_right(std::size_t count, unsigned seed) {
  for (const Triple& each : sample_triples(count, seed)) {
    SCOPED_TRACE(each.spec.text() + " by " + each.choice.text() + " for " +
                 std::string(each.machine->name));
    ++seed;
    KernelRunner runner(each.spec, Fill::normal, seed, seed % 2 == 0);
    expect_matches_reference(runner, runner.run(*each.machine, each.choice));
  }
}

TEST(SampledSpaces, ThirtyRandomSettingsMatchTheReference) { expect_right(30, 1); }

TEST(SampledSpacesFull, ThreeHundredRandomSettingsMatchTheReference) { expect_right(300, 1000); }

void add_whole_space(const OpSpec& spec, std::vector<Triple>& triples) {
  for (const Machine* machine : {&find_machine("cpu_avx2"), &find_machine("cpu_avx512")}) {
    for (const RuleEntry& rule : all_rules()) {
      if (rule.op != spec.op) continue;
      for (const Fields& knobs : rule.space(spec, *machine)) {
        triples.push_back({spec, machine, {std::string(rule.name), knobs}});
      }
    }
  }
}

// The tuner's own gate: what it may choose changes no bit.
TEST(SampledSpaces, SettingsChangeNoBitWhereTheOrderOfSumsIsAPartOfTheFormula) {
  unsigned seed = 2000;
  int compared = 0;
  std::vector<Triple> triples = sample_triples(30, seed);
  // Rows of many blocks of lanes, which unrolled loops cut in different ways.
  add_whole_space(op_spec(LayerNormSpec{9, 192, 1e-6f}), triples);
  // One product for each sum, which a compiler could fuse with what follows.
  add_whole_space(op_spec(TokenMixSpec{1, 1, 2, 32}), triples);
  add_whole_space(op_spec(DepthwiseConvSpec{1, 2, 32, 1, 0}), triples);
  for (const Triple& each : triples) {
    if (!has_one_order(each.spec)) continue;
    ++seed;
    KernelRunner runner(each.spec, Fill::heavy_tailed, seed, seed % 2 == 0);
    const std::vector<float> slow = runner.run(host_machine(), {"fallback", {}});
    const std::vector<float> fast = runner.run(*each.machine, each.choice);
    EXPECT_EQ(std::memcmp(slow.data(), fast.data(), slow.size() * sizeof(float)), 0)
        << each.spec.text() << " by " << each.choice.text() << " for " << each.machine->name;
    ++compared;
  }
  EXPECT_GT(compared, 30);
}

// Two products and a softmax between them; a scale that is no power of two, whose products round.
TEST(SampledSpacesFull, NoSettingOfAttentionChangesABit) {
  const OpSpec spec = op_spec(AttentionSpec{1, 30, 2, 32, 0.3f});
  std::vector<Triple> triples;
  add_whole_space(spec, triples);
  KernelRunner runner(spec, Fill::heavy_tailed, 7, false);
  const std::vector<float> slow = runner.run(host_machine(), {"fallback", {}});
  for (const Triple& each : triples) {
    const std::vector<float> fast = runner.run(*each.machine, each.choice);
    EXPECT_EQ(std::memcmp(slow.data(), fast.data(), slow.size() * sizeof(float)), 0)
        << each.choice.text() << " for " << each.machine->name;
  }
}

// Found by the sample: the second token of one would be read from beyond the operand.
TEST(SampledSpaces, TwoTokensOfOneAreNoSpec) {
  const auto tokens = [](int count) {
    return op_spec(PoolSpec{2, count, 0, 14, Pooling::two_tokens});
  };
  EXPECT_NO_THROW(operands(tokens(2)));
  try {
    operands(tokens(1));
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "SPEC_RANGE");
  }
}

TEST(SampledSpaces, TheSampleMeetsEveryRuleThatHasSettings) {
  std::set<std::string> rules;
  for (const Triple& each : sample_triples(120, 1)) rules.insert(each.choice.rule);
  for (const RuleEntry& rule : all_rules()) {
    const std::vector<OpSpec> specs = edge_specs(rule.op);
    const auto serves = [&](const OpSpec& spec) {
      return !rule.space(spec, find_machine("cpu_avx2")).empty();
    };
    if (std::ranges::any_of(specs, serves)) {
      EXPECT_TRUE(rules.contains(std::string(rule.name))) << rule.name;
    }
  }
}

}  // namespace
}  // namespace vitgen
