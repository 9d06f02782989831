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

// OpenCL has no bfloat16, and f16 only where the device adds it.
bool has_16_bits(const OpSpec& spec) {
  return std::ranges::any_of(operands(spec), [](const Operand& each) {
    return each.dtype == DType::bf16 || each.dtype == DType::f16;
  });
}

std::vector<OpSpec> opencl_specs(std::string_view op) {
  std::vector<OpSpec> specs = edge_specs(op);
  std::erase_if(specs, has_16_bits);
  return specs;
}

/// All but those that are about 16 bits, such as `widen`.
std::vector<std::string_view> op_names() {
  std::vector<std::string_view> names;
  for (const OpEntry& op : all_ops()) {
    if (edge_specs(op.name).empty() || !opencl_specs(op.name).empty()) names.push_back(op.name);
  }
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

class EveryGpuKernelFull : public EveryGpuKernel {};

constexpr auto kOpName = [](const auto& each) { return std::string(each.param); };
INSTANTIATE_TEST_SUITE_P(Tables, EveryGpuKernel, ::testing::ValuesIn(op_names()), kOpName);
INSTANTIATE_TEST_SUITE_P(Tables, EveryGpuKernelFull, ::testing::ValuesIn(op_names()), kOpName);

// Machines with the same choice get the same loop nest: it is run once.
void expect_right_on_gpus(const OpSpec& spec, unsigned seed) {
  std::set<std::string> done;
  for (const Machine* machine : gpu_machines()) {
    const Choice choice = choose_default(spec, *machine);
    if (!done.insert(choice.text()).second) continue;
    KernelRunner runner(spec, Fill::normal, seed, true);
    SCOPED_TRACE(spec.text() + " on " + std::string(machine->name) + " by " + choice.text());
    expect_matches_reference(runner, runner.run(*machine, choice));
  }
  EXPECT_FALSE(done.empty());
}

/// One in `step` of the op's shapes, from the first on.
void expect_right_at_edge_shapes(std::string_view op, std::size_t step) {
  const std::vector<OpSpec> specs = opencl_specs(op);
  EXPECT_FALSE(specs.empty()) << "tests/schedules/op_specs.cpp has no shapes for this op";
  for (std::size_t i = 0; i < specs.size(); i += step) {
    expect_right_on_gpus(specs[i], static_cast<unsigned>(i + 1));
  }
}

// OpenCL's compiler takes seconds for a kernel.
TEST_P(EveryGpuKernel, DefaultScheduleMatchesReferenceAtAThirdOfTheEdgeShapes) {
  expect_right_at_edge_shapes(GetParam(), 3);
}

TEST_P(EveryGpuKernelFull, DefaultScheduleMatchesReferenceAtEdgeShapes) {
  expect_right_at_edge_shapes(GetParam(), 1);
}

}  // namespace
}  // namespace vitgen
