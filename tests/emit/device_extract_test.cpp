// From Halide's lowered code to a kernel for a GPU as data.

#include "tools/emit/kernel_device_extract.h"

#include <gtest/gtest.h>

#include <set>

#include "generators/base/error.h"

namespace vitgen {
namespace {

using Halide::Func;
using Halide::TailStrategy;
using Halide::Var;

constexpr int kColumns = 100;
constexpr int kRows = 37;
constexpr std::uint64_t kAlignment = 128;

// output(x, y) = input(x, y) * (the sum of row y): two kernels, the sums between them on the
// device.
struct Scaled {
  Var x{"x"}, y{"y"}, block{"block"}, thread{"thread"};
  Halide::ImageParam input{Halide::Float(32), 2, "input"};
  Func sum{"sum"}, scaled{"scaled"}, output{"output"};
  Halide::RDom r{0, kColumns, "r"};

  Scaled() {
    input.dim(0).set_bounds(0, kColumns).set_stride(1);
    input.dim(1).set_bounds(0, kRows).set_stride(kColumns);
    sum(y) = 0.0f;
    sum(y) += input(r, y);
    scaled(x, y) = input(x, y) * sum(y);
    output(x, y) = scaled(x, y) + 1.0f;
    output.bound(x, 0, kColumns).bound(y, 0, kRows);
    output.output_buffer().dim(0).set_bounds(0, kColumns).set_stride(1);
    output.output_buffer().dim(1).set_bounds(0, kRows).set_stride(kColumns);
    sum.compute_root().gpu_tile(y, block, thread, 32, TailStrategy::GuardWithIf);
    sum.update().gpu_tile(y, block, thread, 32, TailStrategy::GuardWithIf);
    output.gpu_tile(x, block, thread, 8, TailStrategy::GuardWithIf).reorder(y, thread, block);
  }

  DeviceKernel extract() {
    const Halide::Target target(
        "x86-64-linux-cuda-cuda_capability_80-no_runtime-user_context-no_bounds_query");
    return extract_device_kernel(output.compile_to_module({input}, "kernel", target));
  }
};

TEST(DeviceExtract, TakesLaunchesOperandsAndScratchInOrder) {
  const DeviceKernel kernel = Scaled().extract();
  ASSERT_EQ(kernel.launches.size(), 3u);
  const std::array<std::uint32_t, 3> rows_in_warps = {2, 1, 1};  // ceil(37 / 32)
  EXPECT_EQ(kernel.launches[0].grid, rows_in_warps);
  EXPECT_EQ(kernel.launches[1].grid, rows_in_warps);
  EXPECT_EQ(kernel.launches[2].grid, (std::array<std::uint32_t, 3>{13, 1, 1}));  // ceil(100 / 8)
  EXPECT_EQ(kernel.launches[2].block, (std::array<std::uint32_t, 3>{8, 1, 1}));

  using enum LaunchArgumentKind;
  const LaunchArgument sums{.kind = scratch, .bytes = 8, .index = 0, .value = 0};
  const LaunchArgument in{.kind = operand, .bytes = 8, .index = 0, .value = 0};
  const LaunchArgument out{.kind = operand, .bytes = 8, .index = 1, .value = 0};
  EXPECT_EQ(kernel.launches[0].arguments, (std::vector{sums}));
  EXPECT_EQ(kernel.launches[1].arguments, (std::vector{in, sums}));
  EXPECT_EQ(kernel.launches[2].arguments, (std::vector{in, out, sums}));
  EXPECT_EQ(kernel.scratch_bytes, 2 * kAlignment);  // 37 floats
}

TEST(DeviceExtract, EveryEntryOfTheCodeSaysItsBlock) {
  const DeviceKernel kernel = Scaled().extract();
  EXPECT_EQ(kernel.ptx.find('\0'), kernel.ptx.npos);
  for (const DeviceLaunch& launch : kernel.launches) {
    const std::size_t entry = kernel.ptx.find(".entry " + launch.entry + "(");
    ASSERT_NE(entry, kernel.ptx.npos);
    const std::string size = ")\n.maxntid " + std::to_string(launch.block[0]) + ", 1, 1\n";
    EXPECT_LT(kernel.ptx.find(size, entry), kernel.ptx.find('{', entry));
  }
}

TEST(DeviceExtract, UnrollsALoopOfTheHostAndPassesItsVariable) {
  Scaled op;
  op.scaled.compute_root().gpu_tile(op.x, op.block, op.thread, 32, TailStrategy::GuardWithIf);
  const DeviceKernel kernel = op.extract();
  std::vector<std::uint64_t> values;
  for (const DeviceLaunch& launch : kernel.launches) {
    for (const LaunchArgument& argument : launch.arguments) {
      if (argument.kind != LaunchArgumentKind::value) continue;
      EXPECT_EQ(argument.bytes, 4);
      values.push_back(argument.value);
    }
  }
  std::vector<std::uint64_t> wanted;  // of row y the first element, or the row itself
  const std::uint64_t step = values.size() > 1 ? values[1] : 0;
  EXPECT_TRUE(step == 1 || step == kColumns) << step;
  for (std::uint64_t y = 0; y < kRows; ++y) wanted.push_back(y * step);
  EXPECT_EQ(values, wanted);
  EXPECT_EQ(kernel.launches.size(), 3u + kRows);
}

// Halide takes them out of the loops, up to the host.
TEST(DeviceExtract, PassesInfinityAndNanAsTheirBits) {
  const Var x("x"), block("block"), thread("thread");
  Halide::ImageParam input(Halide::Float(32), 1, "input");
  input.dim(0).set_bounds(0, kColumns).set_stride(1);
  Func output("output");
  output(x) = Halide::Internal::halide_log(input(x));
  output.bound(x, 0, kColumns).output_buffer().dim(0).set_bounds(0, kColumns).set_stride(1);
  output.gpu_tile(x, block, thread, 32, TailStrategy::GuardWithIf);
  const Halide::Target target(
      "x86-64-linux-cuda-cuda_capability_80-no_runtime-user_context-no_bounds_query");
  const DeviceKernel kernel =
      extract_device_kernel(output.compile_to_module({input}, "kernel", target));
  ASSERT_EQ(kernel.launches.size(), 1u);
  std::set<std::uint64_t> values;
  for (const LaunchArgument& argument : kernel.launches[0].arguments) {
    if (argument.kind == LaunchArgumentKind::value) values.insert(argument.value);
  }
  EXPECT_TRUE(values.contains(0xff800000u));  // minus infinity, of 0
  EXPECT_TRUE(values.contains(0x7fc00000u));  // NaN, of what is negative
}

TEST(DeviceExtract, ScratchThatIsAliveAtOnceDoesNotOverlap) {
  Scaled op;
  op.scaled.compute_root().gpu_tile(op.y, op.block, op.thread, 32, TailStrategy::GuardWithIf);
  const DeviceKernel kernel = op.extract();
  const std::uint64_t matrix = (kColumns * kRows * 4 + kAlignment - 1) / kAlignment * kAlignment;
  EXPECT_EQ(kernel.scratch_bytes, matrix + 2 * kAlignment);
  std::set<std::uint64_t> offsets;
  for (const DeviceLaunch& launch : kernel.launches) {
    for (const LaunchArgument& argument : launch.arguments) {
      if (argument.kind == LaunchArgumentKind::scratch) offsets.insert(argument.value);
    }
  }
  EXPECT_EQ(offsets.size(), 2u);
}

std::string error_of(Scaled& op) {
  try {
    op.extract();
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

TEST(DeviceExtract, RefusesWhatRunsOnTheCpuOrIsNotKnown) {
  Scaled on_host;
  on_host.scaled.compute_root();
  EXPECT_EQ(error_of(on_host), "KERNEL_HOST_CODE");

  Scaled in_tasks;
  in_tasks.scaled.compute_root().parallel(in_tasks.y);
  EXPECT_EQ(error_of(in_tasks), "KERNEL_HOST_CODE");

  Scaled unbound;
  unbound.output = Func("unbound");
  unbound.output(unbound.x, unbound.y) = unbound.input(unbound.x, unbound.y);
  unbound.output.gpu_tile(unbound.x, unbound.block, unbound.thread, 8, TailStrategy::GuardWithIf);
  EXPECT_EQ(error_of(unbound), "KERNEL_DYNAMIC_LAUNCH");

  Scaled unknown_size;
  Func twice("twice");
  twice(unknown_size.x) = unknown_size.sum(unknown_size.x) + unknown_size.sum(2 * unknown_size.x);
  twice.gpu_tile(unknown_size.x, unknown_size.block, unknown_size.thread, 8,
                 TailStrategy::GuardWithIf);
  unknown_size.output = twice;
  EXPECT_EQ(error_of(unknown_size), "KERNEL_DYNAMIC_SCRATCH");
}

}  // namespace
}  // namespace vitgen
