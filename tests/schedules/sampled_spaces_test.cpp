// What a tuner can propose is right, on a sample: random settings of random rules at random small
// shapes.

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>

#include "tests/schedules/kernel_runner.h"
#include "tests/schedules/op_specs.h"

namespace vitgen {
namespace {

struct Triple {
  OpSpec spec;
  const Machine* machine;
  Choice choice;
};

// Rules of CPUs take turns, so that a rule with many shapes does not crowd out the others.
std::vector<Triple> sample_triples(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<const RuleEntry*> rules;
  for (const RuleEntry& rule : all_rules()) rules.push_back(&rule);
  std::vector<Triple> triples;
  for (std::size_t turn = 0; triples.size() < count; ++turn) {
    const RuleEntry& rule = *rules[turn % rules.size()];
    const std::vector<OpSpec> specs = edge_specs(rule.op);
    const OpSpec& spec = specs[random() % specs.size()];
    const Machine* machine = all_machines()[random() % all_machines().size()];
    if (machine->kind != MachineKind::cpu) continue;
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

TEST(SampledSpaces, TheSampleMeetsEveryRuleThatHasSettings) {
  std::set<std::string> rules;
  for (const Triple& each : sample_triples(60, 1)) rules.insert(each.choice.rule);
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
