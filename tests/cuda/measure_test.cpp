// A GPU as tools/measure uses it: what the driver refuses is an error and leaves nothing, and the
// peaks are what launches did in the GPU's time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "runtime/cuda_abi.h"
#include "tests/base/support.h"
#include "tests/cuda/fake/fake_cuda.h"
#include "tests/cuda/loader.h"
#include "tools/measure/gpu_code.h"
#include "tools/measure/gpu_peaks.h"
#include "tools/measure/gpu_tensor_map.h"

namespace vitgen::test {
namespace {

using ::testing::HasSubstr;
using testing::Thrown;
using testing::thrown_by;

constexpr const char* kText =
    ".version 7.0\n.target sm_80\n.address_size 64\n.visible .entry load(.param .u64 input, "
    ".param .u64 output, .param .u32 steps, .param .u32 last) { ret; }\n";

using Milliseconds = std::chrono::duration<double, std::milli>;

/// A fake GPU whose kernels do nothing; all of it is given back.
class MeasuredGpu : public ::testing::Test {
 public:
  MeasuredGpu() {
    fake_cuda::reset();
    fake_cuda::set_launch([](const fake_cuda::Launch&) { return int{rt::kCudaSuccess}; });
  }
  ~MeasuredGpu() override {
    expect_nothing_left();
    fake_cuda::reset();
  }

 protected:
  static void expect_nothing_left() {
    EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{});
    EXPECT_EQ(fake_cuda::pushed(), 0u);
  }
};

TEST_F(MeasuredGpu, TellsOfItself) {
  const Gpu gpu;
  EXPECT_EQ(gpu.name(), "Emulated GPU");
  EXPECT_EQ(gpu.driver(), "CUDA 12.4");
  EXPECT_EQ(gpu.capability(), 90);
  EXPECT_EQ(gpu.multiprocessors(), 2);
  EXPECT_EQ(gpu.l2_bytes(), std::size_t{1} << 20);
  fake_cuda::fail("cuDeviceGetName", 0, rt::kCudaInvalidValue);
  EXPECT_EQ(gpu.name(), "a GPU without a name");
  const DriverLacks none("cuDeviceGetName");
  EXPECT_EQ(gpu.name(), "a GPU without a name");
}

void expect_none(const char* words) {
  const Thrown thrown = thrown_by([] { const Gpu gpu; });
  EXPECT_EQ(thrown.code, "GPU_NONE") << words;
  EXPECT_EQ(thrown.exit, ExitCode::target);
  EXPECT_THAT(thrown.message, HasSubstr(words));
}

TEST_F(MeasuredGpu, ThatIsNotThereIsSaidSo) {
  {
    const NoDriver none;
    expect_none("no driver");
  }
  fake_cuda::set_version(10000);
  expect_none("CUDA 10.0");
  fake_cuda::set_version(12040);
  fake_cuda::set_devices({});
  expect_none("no GPU: ");
}

/// From opening to a time. Above 48 KiB a block must ask for its shared memory.
void whole_life() {
  const Gpu gpu;
  EXPECT_EQ(gpu.capability(), 90);
  DeviceArray array(gpu, 64);
  const GpuCode code(gpu, kText);
  std::vector<std::byte> bytes(64);
  array.write(bytes);
  const std::array<std::uint64_t, 4> arguments = {};
  code.launch("load", {.shared_bytes = 100 << 10}, arguments);
  EXPECT_GE(gpu_milliseconds(gpu, [&] { code.launch("load", {}, arguments); }), 0);
  array.read(bytes);
  gpu.wait();
}

TEST_F(MeasuredGpu, WhateverTheDriverRefusesIsToldByItsCallAndLeavesNothing) {
  int told = 0;
  for (int call = 0;; ++call) {
    fake_cuda::fail("", call, rt::kCudaLaunchOutOfResources);
    const Thrown thrown = thrown_by(whole_life);
    fake_cuda::fail_no_more();
    expect_nothing_left();
    if (!fake_cuda::has_failed()) break;
    if (thrown.code != "GPU_CALL") {
      EXPECT_TRUE(thrown.code.empty() || thrown.code == "GPU_NONE") << thrown.message;
      continue;
    }
    ++told;
    EXPECT_EQ(thrown.exit, ExitCode::internal);
    EXPECT_THAT(thrown.message, HasSubstr("cu"));
    EXPECT_THAT(thrown.message, HasSubstr("CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"));
  }
  // Device, context twice, stream; two attributes; array, module, copies twice, functions twice,
  // launches twice, shared memory; events made and recorded twice each, awaited, read; waits for
  // what was written and for all.
  EXPECT_EQ(told, 4 + 2 + 9 + 6 + 2);
}

TEST_F(MeasuredGpu, CodeThatIsNoneAndLaunchesThatDoNotFitAreRefused) {
  const Gpu gpu;
  EXPECT_THAT(thrown_by([&] { const GpuCode code(gpu, "text"); }).message,
              HasSubstr("cuModuleLoadData"));
  const GpuCode code(gpu, kText);
  const std::array<std::uint64_t, 4> arguments = {};
  const auto launch = [&](const std::string& entry, const GpuLaunch& shape) {
    return thrown_by([&] { code.launch(entry, shape, arguments); }).message;
  };
  EXPECT_THAT(launch("store", {}), HasSubstr("cuModuleGetFunction"));
  EXPECT_THAT(launch("load", {.block = {2048, 1, 1}}), HasSubstr("cuLaunchKernel"));
  EXPECT_THAT(launch("load", {.shared_bytes = 300 << 10}), HasSubstr("cuFuncSetAttribute"));
}

TEST_F(MeasuredGpu, ThatIsFullIsToldApart) {
  const Gpu gpu;
  fake_cuda::fail("cuMemAlloc_v2", 0, rt::kCudaOutOfMemory);
  const Thrown thrown = thrown_by([&] { const DeviceArray array(gpu, 64); });
  EXPECT_EQ(thrown.code, "GPU_MEMORY");
  EXPECT_EQ(thrown.exit, ExitCode::resources);
}

TEST_F(MeasuredGpu, ATensorMapIsTheDriversOrSaysWhy) {
  const Gpu gpu;
  const DeviceArray array(gpu, 1 << 12);
  const auto address = reinterpret_cast<std::uint64_t>(array.address());
  const vitgen_tensor_map map = {.dims = 2,
                                 .element_bytes = 2,
                                 .swizzle_bytes = 128,
                                 .box = {64, 8},
                                 .extents = {64, 16},
                                 .strides = {2, 128}};
  EXPECT_EQ(gpu_tensor_map(gpu, map, address).size(), sizeof(rt::CudaTensorMap));
  const Thrown crooked = thrown_by([&] { gpu_tensor_map(gpu, map, address + 2); });
  EXPECT_EQ(crooked.code, "GPU_CALL");
  EXPECT_THAT(crooked.message, HasSubstr("cuTensorMapEncodeTiled"));
}

TEST_F(MeasuredGpu, OfAnOldDriverHasNoTensorMaps) {
  const DriverLacks lacks("cuTensorMapEncodeTiled");
  const Gpu gpu;
  const Thrown thrown = thrown_by([&] { gpu_tensor_map(gpu, {}, 0); });
  EXPECT_EQ(thrown.code, "GPU_CALL");
  EXPECT_EQ(thrown.exit, ExitCode::target);
}

TEST_F(MeasuredGpu, AKernelThatFailsIsToldWhereItsEndIsAwaited) {
  const Gpu gpu;
  const GpuCode code(gpu, kText);
  fake_cuda::set_launch([](const fake_cuda::Launch&) { return int{rt::kCudaIllegalAddress}; });
  const std::array<std::uint64_t, 4> arguments = {};
  const Thrown thrown =
      thrown_by([&] { gpu_milliseconds(gpu, [&] { code.launch("load", {}, arguments); }); });
  EXPECT_EQ(thrown.code, "GPU_CALL");
  EXPECT_THAT(thrown.message, HasSubstr("cuEventSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS"));
}

TEST_F(MeasuredGpu, TimesAreThoseOfTheGpu) {
  using namespace std::chrono_literals;
  fake_cuda::set_launch([](const fake_cuda::Launch&) {
    std::this_thread::sleep_for(5ms);
    return int{rt::kCudaSuccess};
  });
  const Gpu gpu;
  const GpuCode code(gpu, kText);
  const std::array<std::uint64_t, 4> arguments = {};
  const auto begin = std::chrono::steady_clock::now();
  const double ms = gpu_milliseconds(gpu, [&] {
    code.launch("load", {}, arguments);
    code.launch("load", {}, arguments);
  });
  const double passed = Milliseconds(std::chrono::steady_clock::now() - begin).count();
  EXPECT_GE(ms, 10);
  // The driver tells an f32 and the host another clock: a microsecond between them.
  EXPECT_LE(ms, passed + 1e-3);
}

/// What launches were asked for.
struct Asked {
  std::uint32_t grid = 0, threads = 0, shared_bytes = 0;
  std::uint32_t least_steps = UINT32_MAX;
  std::vector<std::uint32_t> lasts;  ///< each once
};

std::uint32_t number(const std::vector<std::byte>& bytes) {
  std::uint32_t value = 0;
  EXPECT_EQ(bytes.size(), sizeof value);
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

TEST_F(MeasuredGpu, PeaksAreTheWorkOfAGridOverItsTime) {
  constexpr double kStepSeconds = 50e-6;
  constexpr double kOperations = 1e6, kBytes = 4e5;
  Asked asked;
  fake_cuda::set_launch([&](const fake_cuda::Launch& launch) {
    const auto end = std::chrono::steady_clock::now();
    const std::uint32_t steps = number(launch.arguments[2]);
    asked.grid = launch.grid[0];
    asked.threads = launch.block[0];
    asked.shared_bytes = launch.shared_bytes;
    asked.least_steps = std::min(asked.least_steps, steps);
    const std::uint32_t last = number(launch.arguments[3]);
    if (asked.lasts.empty() || asked.lasts.back() != last) asked.lasts.push_back(last);
    std::this_thread::sleep_until(end + std::chrono::duration<double>(kStepSeconds * steps));
    return int{rt::kCudaSuccess};
  });
  const PeakKernel products{.ptx = kText,
                            .entry = "load",
                            .threads = 64,
                            .blocks = 3,
                            .shared_bytes = 40 << 10,
                            .input_bytes = 128,
                            .work = kOperations};
  PeakKernel reads = products;
  reads.work = kBytes;
  const Gpu gpu;
  const MachinePeaks peaks =
      measure_gpu_peaks(gpu, {.factors = DType::bf16, .products = products, .reads = reads});
  EXPECT_EQ(asked.grid, 2 * 3u) << "two multiprocessors";
  EXPECT_EQ(asked.threads, 64u);
  EXPECT_EQ(asked.shared_bytes, 40u << 10);
  EXPECT_EQ(asked.least_steps, 1u) << "the first window is as short as can be";
  // The input of products; half of the L2 cache; 16 times of it.
  EXPECT_EQ(asked.lasts, (std::vector<std::uint32_t>{127, (1 << 19) - 1, (1 << 24) - 1}));
  // No launch is faster than it sleeps.
  EXPECT_GT(peaks.gflops, 0);
  EXPECT_LE(peaks.gflops, 1.001 * 2 * 3 * kOperations / kStepSeconds * 1e-9);
  for (const double gbs : {peaks.l2_gbs, peaks.memory_gbs}) {
    EXPECT_GT(gbs, 0);
    EXPECT_LE(gbs, 1.001 * 2 * 3 * kBytes / kStepSeconds * 1e-9);
  }
}

TEST_F(MeasuredGpu, PeaksThatCannotBeMeasuredLeaveNothing) {
  const PeakKernel kernel{.ptx = kText, .entry = "load", .input_bytes = 128, .work = 1};
  fake_cuda::set_memory(64);
  const Thrown thrown = thrown_by([&] {
    const Gpu gpu;
    measure_gpu_peaks(gpu, {.factors = DType::f16, .products = kernel, .reads = kernel});
  });
  EXPECT_EQ(thrown.code, "GPU_MEMORY");
  EXPECT_THAT(thrown.message, HasSubstr("cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY"));
}

}  // namespace
}  // namespace vitgen::test
