// What the tuner needs of a GPU beside code: graphs, and facts to know it by.

#include "tools/measure/gpu_graph.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "generators/base/error.h"
#include "tests/cuda/fake/fake_cuda.h"
#include "tests/cuda/loader.h"
#include "tools/measure/gpu_code.h"
#include "tools/measure/gpu_facts.h"

namespace vitgen::test {
namespace {

constexpr const char* kNothingPtx = ".version 7.0\n.visible .entry nothing(.param .u64 x) {\n}\n";

class OnTheFakeGpu : public ::testing::Test {
 protected:
  OnTheFakeGpu() {
    fake_cuda::reset();
    fake_cuda::set_launch([this](const fake_cuda::Launch&) {
      ++launches_;
      return 0;
    });
  }
  ~OnTheFakeGpu() override { fake_cuda::reset(); }

  int launches_ = 0;
};

TEST_F(OnTheFakeGpu, a_graph_does_its_work_each_time_and_not_while_it_is_recorded) {
  {
    const Gpu gpu;
    const GpuCode code(gpu, kNothingPtx);
    const std::array<std::uint64_t, 1> arguments = {0};
    const GpuGraph graph(gpu, [&] {
      for (int i = 0; i < 3; ++i) code.launch("nothing", {}, arguments);
    });
    gpu.wait();
    EXPECT_EQ(launches_, 0);
    graph.launch();
    graph.launch();
    gpu.wait();
    EXPECT_EQ(launches_, 6);
    EXPECT_GE(gpu_milliseconds(gpu, [&] { graph.launch(); }), 0);
  }
  EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{});
}

TEST_F(OnTheFakeGpu, a_recording_that_fails_ends_and_leaves_nothing) {
  {
    const Gpu gpu;
    const GpuCode code(gpu, kNothingPtx);
    const std::array<std::uint64_t, 1> arguments = {0};
    const auto work = [&] { code.launch("nothing", {}, arguments); };
    EXPECT_THROW(GpuGraph(gpu, [] { throw std::runtime_error("work"); }), std::runtime_error);
    for (const char* call : {"cuStreamBeginCapture_v2", "cuStreamEndCapture",
                             "cuGraphInstantiateWithFlags", "cuGraphUpload"}) {
      fake_cuda::fail(call, 0, 1);
      EXPECT_THROW(GpuGraph(gpu, work), Error) << call;
      EXPECT_TRUE(fake_cuda::has_failed()) << call;
    }
    work();
    gpu.wait();
    EXPECT_EQ(launches_, 1) << "the stream still records";
  }
  EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{});
}

TEST_F(OnTheFakeGpu, facts_are_what_the_driver_tells_and_begin_nothing) {
  fake_cuda::set_devices({80, 90});
  const FoundGpus found = find_gpus();
  EXPECT_EQ(found.missing, "");
  EXPECT_EQ(found.driver, "CUDA 12.4");
  ASSERT_EQ(found.gpus.size(), 2u);
  EXPECT_EQ(found.gpus[0].capability, 80);
  EXPECT_EQ(found.gpus[1].capability, 90);
  EXPECT_EQ(found.gpus[1].name, "Emulated GPU");
  EXPECT_EQ(found.gpus[1].multiprocessors, 2);
  EXPECT_EQ(found.gpus[1].l2_bytes, 1 << 20);
  EXPECT_EQ(found.gpus[1].bus_bits, 64);
  EXPECT_EQ(fake_cuda::calls("cuDevicePrimaryCtxRetain"), 0);
}

TEST_F(OnTheFakeGpu, without_one_it_is_said_why) {
  fake_cuda::set_devices({});
  EXPECT_EQ(find_gpus().missing, "the driver finds none");
  const NoDriver none;
  EXPECT_THAT(find_gpus().missing, ::testing::HasSubstr("no driver (libcuda.so.1)"));
  EXPECT_EQ(find_gpus().gpus.size(), 0u);
}

}  // namespace
}  // namespace vitgen::test
