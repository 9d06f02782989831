// Walks the tables of ops and CUDA rows: what the launches ask of a device, and what the toolkit's
// assembler makes of the code. Numbers are checked under OpenCL by every_gpu_kernel_test.cpp.

#include <gtest/gtest.h>

#include <set>

#include "schedules/rule.h"
#include "tests/microkernels/assembler/assembler.h"
#include "tests/schedules/device_code.h"
#include "tests/schedules/op_specs.h"

namespace vitgen {
namespace {

std::vector<std::string_view> op_names() {
  std::vector<std::string_view> names;
  for (const OpEntry& op : all_ops()) names.push_back(op.name);
  return names;
}

// Rows whose registers are known: those of CUDA.
std::vector<const Machine*> cuda_rows() {
  std::vector<const Machine*> rows;
  for (const Machine* machine : all_machines()) {
    if (machine->registers > 0) rows.push_back(machine);
  }
  return rows;
}

class EveryDeviceCode : public ::testing::TestWithParam<std::string_view> {};
class EveryDeviceCodeFull : public EveryDeviceCode {};

constexpr auto kOpName = [](const auto& each) { return std::string(each.param); };
INSTANTIATE_TEST_SUITE_P(Tables, EveryDeviceCode, ::testing::ValuesIn(op_names()), kOpName);
INSTANTIATE_TEST_SUITE_P(Tables, EveryDeviceCodeFull, ::testing::ValuesIn(op_names()), kOpName);

// What every CUDA device of capability 5.0 and later takes: CUDA C++ Programming Guide, table of
// technical specifications per compute capability.
void expect_legal(const DeviceLaunch& launch, const Machine& machine) {
  EXPECT_LE(launch.grid[0], 2147483647u);
  EXPECT_LE(launch.grid[1], 65535u);
  EXPECT_LE(launch.grid[2], 65535u);
  EXPECT_LE(launch.block[2], 64u);
  const std::uint64_t threads = std::uint64_t{launch.block[0]} * launch.block[1] * launch.block[2];
  EXPECT_GE(threads, 1u);
  EXPECT_LE(threads, static_cast<std::uint64_t>(machine.max_threads));
  EXPECT_LE(launch.shared_bytes, static_cast<std::uint32_t>(machine.shared_bytes));
}

/// Registers of a thread where two blocks share a multiprocessor, or as many as an instruction can
/// name.
int registers_of_thread(const DeviceLaunch& launch, const Machine& machine) {
  constexpr int kBlocks = 2;
  const auto threads = static_cast<int>(launch.block[0] * launch.block[1] * launch.block[2]);
  return std::min(255, machine.registers / (threads * kBlocks));
}

void expect_assembles(const DeviceKernel& kernel, const Machine& machine) {
  for (const std::string arch : {"sm_80", "sm_90a"}) {
    const std::vector<AssemblerReport> reports = assemble(kernel.ptx, arch);
    for (const DeviceLaunch& launch : kernel.launches) {
      SCOPED_TRACE(arch + " " + launch.entry);
      const auto report = std::ranges::find(reports, launch.entry, &AssemblerReport::entry);
      ASSERT_NE(report, reports.end());
      EXPECT_GT(report->registers, 0);
      EXPECT_LE(report->registers, registers_of_thread(launch, machine));
      EXPECT_EQ(report->spill_bytes, 0);
      EXPECT_EQ(report->stack_bytes, 0);
      EXPECT_LE(report->shared_bytes + static_cast<int>(launch.shared_bytes), machine.shared_bytes);
    }
  }
}

void expect_good_code(const OpSpec& spec) {
  const std::string* compute = spec.fields.find("compute");
  if (compute && *compute != "f32") return;  // factors that a CPU rounds
  std::set<std::string> done;
  for (const Machine* machine : cuda_rows()) {
    const Choice choice = choose_default(spec, *machine);
    if (!done.insert(choice.text()).second) continue;
    // Kernels of tensor cores: tests/microkernels assembles all of their tiles.
    if (device_kernel(spec, *machine, choice)) continue;
    SCOPED_TRACE(spec.text() + " on " + std::string(machine->name) + " by " + choice.text());
    EXPECT_NE(choice.rule, "fallback");
    const DeviceKernel kernel = device_code(spec, *machine, choice);
    EXPECT_FALSE(kernel.launches.empty());
    for (const DeviceLaunch& launch : kernel.launches) expect_legal(launch, *machine);
    if (has_assembler()) expect_assembles(kernel, *machine);
  }
  EXPECT_FALSE(done.empty());
}

// An edge, and the largest model.
TEST_P(EveryDeviceCode, OfAnEdgeAndAModelShapeFitsTheRowWithoutSpills) {
  expect_good_code(edge_specs(GetParam()).front());
  const std::vector<OpSpec> models = model_specs(GetParam());
  if (!models.empty()) expect_good_code(models.back());
  if (!has_assembler()) GTEST_SKIP() << "launches only: there is no ptxas";
}

TEST_P(EveryDeviceCodeFull, OfEveryShapeFitsTheRowWithoutSpills) {
  for (const OpSpec& spec : edge_specs(GetParam())) expect_good_code(spec);
  for (const OpSpec& spec : model_specs(GetParam())) expect_good_code(spec);
  if (!has_assembler()) GTEST_SKIP() << "launches only: there is no ptxas";
}

}  // namespace
}  // namespace vitgen
