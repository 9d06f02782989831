// Walks the tables of ops and machines: what stands in a table is tested because it stands there.

#include <gtest/gtest.h>

#include <cstring>

#include "tests/schedules/kernel_runner.h"
#include "tests/schedules/op_specs.h"

namespace vitgen {
namespace {

struct Case {
  const OpEntry* op;
  const Machine* machine;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const OpEntry& op : all_ops()) {
    for (const Machine* machine : all_machines()) {
      if (machine->kind == MachineKind::cpu) cases.push_back({&op, machine});
    }
  }
  return cases;
}

class EveryKernel : public ::testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(Tables, EveryKernel, ::testing::ValuesIn(all_cases()),
                         [](const auto& each) {
                           return std::string(each.param.op->name) + "_on_" +
                                  std::string(each.param.machine->name);
                         });

TEST_P(EveryKernel, DefaultScheduleMatchesReferenceAtEdgeShapes) {
  const std::vector<OpSpec> specs = edge_specs(GetParam().op->name);
  ASSERT_FALSE(specs.empty()) << "tests/schedules/op_specs.cpp has no shapes for this op";
  unsigned seed = 0;
  for (const OpSpec& spec : specs) {
    ++seed;
    KernelRunner runner(spec, Fill::normal, seed, seed % 2 == 0);
    const Choice choice = choose_default(spec, *GetParam().machine);
    SCOPED_TRACE(spec.text() + " by " + choice.text());
    expect_matches_reference(runner, runner.run(*GetParam().machine, choice));
  }
}

TEST_P(EveryKernel, FallbackMatchesReferenceAtEdgeShapes) {
  unsigned seed = 100;
  for (const OpSpec& spec : edge_specs(GetParam().op->name)) {
    ++seed;
    KernelRunner runner(spec, Fill::normal, seed, seed % 2 == 0);
    SCOPED_TRACE(spec.text());
    expect_matches_reference(runner, runner.run(*GetParam().machine, {"fallback", {}}));
  }
}

class EveryKernelFull : public EveryKernel {};

INSTANTIATE_TEST_SUITE_P(Tables, EveryKernelFull, ::testing::ValuesIn(all_cases()),
                         [](const auto& each) {
                           return std::string(each.param.op->name) + "_on_" +
                                  std::string(each.param.machine->name);
                         });

// Shapes of real models, a sample of each output.
TEST_P(EveryKernelFull, DefaultScheduleMatchesReferenceAtModelShapes) {
  unsigned seed = 200;
  for (const OpSpec& spec : model_specs(GetParam().op->name)) {
    ++seed;
    KernelRunner runner(spec, Fill::heavy_tailed, seed, seed % 2 == 0);
    const Choice choice = choose_default(spec, *GetParam().machine);
    SCOPED_TRACE(spec.text() + " by " + choice.text());
    expect_matches_reference(runner, runner.run(*GetParam().machine, choice), 2000);
  }
}

}  // namespace
}  // namespace vitgen
