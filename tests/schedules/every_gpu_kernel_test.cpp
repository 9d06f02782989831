// Walks the tables of ops and GPU machines. Their schedules run under OpenCL, on a CPU, so a
// missing GPU hides no mistake in a loop nest, a tile in shared memory or a barrier.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/schedules/kernel_runner.h"
#include "tests/schedules/op_specs.h"
#include "tests/schedules/opencl.h"

namespace vitgen {
namespace {

std::vector<std::string_view> op_names() {
  std::vector<std::string_view> names;
  for (const OpEntry& op : all_ops()) names.push_back(op.name);
  return names;
}

std::vector<const Machine*> gpu_machines() {
  std::vector<const Machine*> rows;
  for (const Machine* machine : all_machines()) {
    if (machine->kind == MachineKind::gpu) rows.push_back(machine);
  }
  return rows;
}

class EveryGpuKernel : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    static const std::string missing = load_opencl();
    ASSERT_EQ(missing, "");
  }
};

INSTANTIATE_TEST_SUITE_P(Tables, EveryGpuKernel, ::testing::ValuesIn(op_names()),
                         [](const auto& each) { return std::string(each.param); });

// OpenCL has no bfloat16.
bool has_bf16(const OpSpec& spec) {
  return std::ranges::any_of(operands(spec),
                             [](const Operand& each) { return each.dtype == DType::bf16; });
}

// Machines with the same choice get the same loop nest: it is run once.
TEST_P(EveryGpuKernel, DefaultScheduleMatchesReferenceAtEdgeShapes) {
  unsigned seed = 0;
  for (const OpSpec& spec : edge_specs(GetParam())) {
    if (has_bf16(spec)) continue;
    std::set<std::string> done;
    for (const Machine* machine : gpu_machines()) {
      const Choice choice = choose_default(spec, *machine);
      if (!done.insert(choice.text()).second) continue;
      KernelRunner runner(spec, Fill::normal, ++seed, true);
      SCOPED_TRACE(spec.text() + " on " + std::string(machine->name) + " by " + choice.text());
      expect_matches_reference(runner, runner.run(*machine, choice));
    }
    EXPECT_FALSE(done.empty());
  }
  EXPECT_GT(seed, 0u) << "tests/schedules/op_specs.cpp has no shapes for this op";
}

}  // namespace
}  // namespace vitgen
