// Walks the tables of ops and CUDA devices: kernels as libraries hold them, read off Halide's code
// or written by a rule, run on the emulated GPU.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/schedules/kernel_runner.h"
#include "tests/schedules/op_specs.h"
#include "tools/emit/kernel.h"
#include "tools/emit/kernel_device_extract.h"

namespace vitgen {
namespace {

std::vector<std::string_view> op_names() {
  std::vector<std::string_view> names;
  for (const OpEntry& op : all_ops()) names.push_back(op.name);
  return names;
}

class EveryDeviceKernel : public ::testing::TestWithParam<std::string_view> {};
class EveryDeviceKernelFull : public EveryDeviceKernel {};

constexpr auto kOpName = [](const auto& each) { return std::string(each.param); };
INSTANTIATE_TEST_SUITE_P(Tables, EveryDeviceKernel, ::testing::ValuesIn(op_names()), kOpName);
INSTANTIATE_TEST_SUITE_P(Tables, EveryDeviceKernelFull, ::testing::ValuesIn(op_names()), kOpName);

DeviceKernel device_code(const OpSpec& spec, const Machine& machine, const Choice& choice) {
  if (auto written = device_kernel(spec, machine, choice)) return std::move(*written);
  const Halide::Target target = kernel_target({.spec = spec,
                                               .machine = std::string(machine.name),
                                               .choice = choice,
                                               .features = {},
                                               .instructions = {},
                                               .assembler = {}});
  const Algorithm algorithm = build(spec, machine, choice);
  return extract_device_kernel(pipeline(algorithm).compile_to_module(
      {algorithm.arguments.begin(), algorithm.arguments.end()}, "kernel", target));
}

// The reference computes a row of scores, or all terms of a sum, for each output.
constexpr std::int64_t kOutputs = 500;

void expect_right(const OpSpec& spec, const Machine& machine, const Choice& choice) {
  SCOPED_TRACE(spec.text() + " on " + std::string(machine.name) + " by " + choice.text());
  KernelRunner runner(spec, Fill::normal, 1, true);
  expect_matches_reference(runner, runner.run(device_code(spec, machine, choice)), kOutputs);
}

void expect_default_and_fallback_right(const OpSpec& spec, const Machine& machine) {
  const Choice fallback{"fallback", {}};
  const Choice choice = choose_default(spec, machine);
  expect_right(spec, machine, choice);
  if (choice != fallback) expect_right(spec, machine, fallback);
}

/// The spec, and with it each other type of its activations.
void expect_right_in_every_storage(const OpSpec& spec, const Machine& machine) {
  std::vector<OpSpec> specs = {spec};
  for (const DType storage : {DType::f16, DType::bf16}) {
    const OpSpec narrow = with_storage(spec, storage);
    if (std::ranges::find(specs, narrow) == specs.end()) specs.push_back(narrow);
  }
  for (const OpSpec& each : specs) expect_default_and_fallback_right(each, machine);
}

TEST_P(EveryDeviceKernel, DefaultAndFallbackMatchReferenceAtTwoEdgeShapesAtOneInEveryStorage) {
  const Machine& machine = find_machine("cuda_sm80");
  const std::vector<OpSpec> specs = edge_specs(GetParam());
  ASSERT_FALSE(specs.empty()) << "tests/schedules/op_specs.cpp has no shapes for this op";
  expect_default_and_fallback_right(specs[specs.size() / 2], machine);
  expect_right_in_every_storage(specs.back(), machine);
}

TEST_P(EveryDeviceKernelFull, DefaultAndFallbackMatchReferenceInEveryStorageAtEdgeShapes) {
  for (const char* machine : {"cuda_sm80", "cuda_sm90"}) {
    for (const OpSpec& spec : edge_specs(GetParam())) {
      expect_right_in_every_storage(spec, find_machine(machine));
    }
  }
}

}  // namespace
}  // namespace vitgen
