// How calls on a GPU are timed: which memory they use, and what happens where the driver refuses.
// The driver is the fake one, in this process: a launch takes as long as the test says.

#include "tools/tune/device_timing.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "generators/base/error.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/support/ops_table.h"
#include "tests/cuda/fake/fake_cuda.h"

namespace vitgen {
namespace {

constexpr double kMilliseconds = 0.3;  // of a launch, so four make a part of a sample

OpSpec norm() { return op_spec(LayerNormSpec{2, 20, 1e-6f}); }

CompiledDeviceKernel kernel_of_all_operands() {
  CompiledDeviceKernel compiled;
  std::string parameters;
  DeviceLaunch launch{.entry = "norm", .arguments = {}};
  for (int i = 0; i < static_cast<int>(operands(norm()).size()); ++i) {
    parameters += (i == 0 ? ".param .u64 p" : ", .param .u64 p") + std::to_string(i);
    launch.arguments.push_back({.index = i});
  }
  compiled.kernel = {.ptx = ".version 7.0\n.visible .entry norm(" + parameters + ") {\n}\n",
                     .launches = {launch},
                     .scratch_bytes = 0};
  return compiled;
}

class DeviceTimes : public ::testing::Test {
 protected:
  DeviceTimes() {
    fake_cuda::reset();
    fake_cuda::set_launch([this](const fake_cuda::Launch& launch) {
      std::vector<std::uint64_t> addresses;
      for (const auto& argument : launch.arguments) {
        addresses.emplace_back();
        std::memcpy(&addresses.back(), argument.data(), sizeof addresses.back());
      }
      launches_.push_back(std::move(addresses));
      return 0;
    });
    fake_cuda::set_clock([this] { return kMilliseconds * static_cast<double>(launches_.size()); });
  }
  ~DeviceTimes() override { fake_cuda::reset(); }

  std::uint64_t weight_bytes() const {
    std::uint64_t bytes = 0;
    for (const Operand& each : memory_.operands) {
      if (each.role == Role::weight) bytes += static_cast<std::uint64_t>(each.bytes());
    }
    return bytes;
  }
  /// Different addresses of each operand in the launches so far.
  std::vector<std::size_t> places() const {
    std::vector<std::set<std::uint64_t>> seen(memory_.operands.size());
    for (const auto& launch : launches_) {
      for (std::size_t i = 0; i < launch.size(); ++i) seen[i].insert(launch[i]);
    }
    std::vector<std::size_t> counts;
    for (const auto& each : seen) counts.push_back(each.size());
    return counts;
  }
  void expect_places(std::size_t of_weights) const {
    const std::vector<std::size_t> counts = places();
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const Operand& operand = memory_.operands[i];
      EXPECT_EQ(counts[i], operand.role == Role::weight ? of_weights : 1) << operand.name;
    }
  }

  std::vector<std::vector<std::uint64_t>> launches_;
  OperandMemory memory_ = fill_operands(operands(norm()), 1, Placement::aligned);
};

TEST_F(DeviceTimes, OfACallAreThoseOfManyInAGraphBehindAsManyOthers) {
  const Gpu gpu;
  DeviceTiming timing(gpu, memory_, {kernel_of_all_operands()}, 0);
  EXPECT_NEAR(timing.sample(0), 1e-3 * kMilliseconds, 1e-9);
  EXPECT_EQ(launches_.size(), 2u + 4u + 4u);  // one to load it, one to know how long it takes
  EXPECT_EQ(fake_cuda::calls("cuGraphLaunch"), 2);
  EXPECT_NEAR(timing.sample(0), 1e-3 * kMilliseconds, 1e-9);
  EXPECT_EQ(launches_.size(), 2u + 4u * 4u);
  EXPECT_EQ(fake_cuda::calls("cuGraphInstantiateWithFlags"), 1) << "recorded once";
  expect_places(1);
}

TEST_F(DeviceTimes, WeightsTakeTurnsAndActivationsStay) {
  const Gpu gpu;
  DeviceTiming timing(gpu, memory_, {kernel_of_all_operands()}, 10 * weight_bytes());
  timing.sample(0);  // parts of four calls: sets 0 to 7
  expect_places(8);
  timing.sample(0);
  expect_places(10);
  EXPECT_EQ(fake_cuda::calls("cuGraphInstantiateWithFlags"), 3);
}

TEST_F(DeviceTimes, WithoutGraphsCallsAreQueuedOneByOne) {
  const Gpu gpu;
  DeviceTiming timing(gpu, memory_, {kernel_of_all_operands()}, 10 * weight_bytes());
  fake_cuda::fail("cuStreamBeginCapture_v2", 0, 1);
  EXPECT_NEAR(timing.sample(0), 1e-3 * kMilliseconds, 1e-9);
  EXPECT_TRUE(fake_cuda::has_failed());
  EXPECT_EQ(fake_cuda::calls("cuGraphLaunch"), 0);
  expect_places(8);
}

TEST_F(DeviceTimes, AFullGpuTakesTurnsWithTheCopiesThatFit) {
  const Gpu gpu;
  std::size_t before = 0;
  {
    const DeviceOperands operands(gpu, memory_, 0);
    for (const auto& range : fake_cuda::allocations()) before += range.bytes.size();
  }
  fake_cuda::set_memory(before + 2 * weight_bytes());
  DeviceTiming timing(gpu, memory_, {kernel_of_all_operands()}, 10 * weight_bytes());
  EXPECT_NEAR(timing.sample(0), 1e-3 * kMilliseconds, 1e-9);
  expect_places(3);
}

TEST_F(DeviceTimes, AGpuWithoutRoomForTheOperandsIsToldApart) {
  const Gpu gpu;
  fake_cuda::set_memory(1);
  try {
    const DeviceOperands operands(gpu, memory_, 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "GPU_MEMORY");
    EXPECT_EQ(error.exit(), ExitCode::resources);
  }
}

TEST_F(DeviceTimes, ACubinThatTheDriverDoesNotTakeGivesWayToThePtx) {
  const Gpu gpu;
  CompiledDeviceKernel compiled = kernel_of_all_operands();
  compiled.cubin =
      "\x7f"
      "ELF of another capability";
  const LoadedDeviceKernel loaded(gpu, compiled);
  const DeviceOperands operands(gpu, memory_, 0);
  loaded.launch(operands.addresses(), operands.scratch());
  gpu.wait();
  EXPECT_EQ(launches_.size(), 1u);
}

}  // namespace
}  // namespace vitgen
