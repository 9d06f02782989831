// Runs with the caller's device memory on the caller's streams.

#include <gtest/gtest.h>

#include "runtime/cuda_driver.h"
#include "tests/cuda/fake/driver.h"
#include "tests/cuda/gpu_model.h"

namespace vitgen::test {
namespace {

/// A stream of the caller.
struct OwnStream {
  OwnStream() { EXPECT_EQ(cuStreamCreate(&stream, rt::kCudaStreamNonBlocking), rt::kCudaSuccess); }
  ~OwnStream() { cuStreamDestroy_v2(stream); }
  OwnStream(const OwnStream&) = delete;
  OwnStream& operator=(const OwnStream&) = delete;
  void wait() const { EXPECT_EQ(cuStreamSynchronize(stream), rt::kCudaSuccess); }
  rt::CudaStream stream = nullptr;
};

/// n images on the device and room for their first output.
struct Batch {
  Batch(size_t n, unsigned seed)
      : count(n), host(images(n, seed)), input(host), out(n * kClasses) {}
  int run(vitgen_api_context* context, rt::CudaStream stream) const {
    const void* inputs[] = {input.address()};
    void* outputs[] = {out.address(), nullptr};
    return vitgen_api_run_device(context, count, inputs, outputs, stream);
  }
  size_t count;
  std::vector<float> host;
  DeviceFloats input;
  DeviceFloats out;
};

TEST(CudaRunDevice, gives_what_run_gives) {
  GpuModel gpu;
  const CudaUser user;
  const OwnStream own;
  for (const rt::CudaStream stream : {own.stream, rt::CudaStream{nullptr}}) {
    Session session(gpu.fake);
    for (size_t n = 1; n < 20; n += 3) {
      const Batch batch(n, static_cast<unsigned>(n));
      ASSERT_EQ(batch.run(session.context, stream), VITGEN_API_OK)
          << vitgen_api_error(session.context);
      ASSERT_EQ(cuStreamSynchronize(stream), rt::kCudaSuccess);
      EXPECT_EQ(batch.out.values(), gpu.fake.logits(batch.host));
    }
  }
}

TEST(CudaRunDevice, returns_before_the_work_is_done) {
  GpuModel gpu;
  const CudaUser user;
  const OwnStream own;
  Session session(gpu.fake);
  const Batch batch(8, 1);
  ASSERT_EQ(batch.run(session.context, own.stream), VITGEN_API_OK);
  EXPECT_EQ(batch.out.values(), std::vector<float>(8 * kClasses, -1)) << "nobody has waited";
  own.wait();
  EXPECT_EQ(batch.out.values(), gpu.fake.logits(batch.host));
}

TEST(CudaRunDevice, calls_on_one_context_follow_each_other_on_any_streams) {
  GpuModel gpu;
  const CudaUser user;
  const OwnStream one, two;
  Session session(gpu.fake);
  const Batch first(8, 1), second(8, 2);
  ASSERT_EQ(first.run(session.context, one.stream), VITGEN_API_OK);
  ASSERT_EQ(second.run(session.context, two.stream), VITGEN_API_OK);
  two.wait();  // the first one's work is done for it, not after it
  EXPECT_EQ(second.out.values(), gpu.fake.logits(second.host));
  EXPECT_EQ(first.out.values(), gpu.fake.logits(first.host));
  one.wait();
}

TEST(CudaRunDevice, is_done_before_the_next_run_from_the_host) {
  GpuModel gpu;
  const CudaUser user;
  const OwnStream own;
  Session session(gpu.fake);
  const Batch batch(8, 1);
  ASSERT_EQ(batch.run(session.context, own.stream), VITGEN_API_OK);
  const std::vector<float> input = images(8, 2);
  std::vector<float> out(8 * kClasses);
  ASSERT_EQ(vitgen_api_run(session.context, 8, input.data(), out.data()), VITGEN_API_OK);
  EXPECT_EQ(out, gpu.fake.logits(input));
  EXPECT_EQ(batch.out.values(), gpu.fake.logits(batch.host));
  own.wait();
}

TEST(CudaRunDevice, is_waited_for_when_the_context_ends) {
  GpuModel gpu;
  const CudaUser user;
  const OwnStream own;
  const Batch batch(8, 1);
  {
    Session session(gpu.fake);
    ASSERT_EQ(batch.run(session.context, own.stream), VITGEN_API_OK);
  }
  own.wait();
  EXPECT_EQ(batch.out.values(), gpu.fake.logits(batch.host));
}

TEST(CudaRunDevice, waits_where_steps_are_timed) {
  GpuModel gpu;
  const CudaUser user;
  const OwnStream own;
  vitgen_api_context_options options = context_options();
  options.flags = VITGEN_API_TIME_STEPS;
  Session session(gpu.fake, options);
  const Batch batch(8, 1);
  ASSERT_EQ(batch.run(session.context, own.stream), VITGEN_API_OK);
  EXPECT_EQ(batch.out.values(), gpu.fake.logits(batch.host));
}

TEST(CudaRunDevice, refuses_wrong_arguments) {
  GpuModel gpu;
  const CudaUser user;
  Session session(gpu.fake);
  const Batch batch(1, 1);
  const void* inputs[] = {batch.input.address()};
  void* outputs[] = {batch.out.address(), nullptr};
  const auto run = [&](size_t n, const void* const* in, void* const* out) {
    return vitgen_api_run_device(session.context, n, in, out, nullptr);
  };
  EXPECT_EQ(run(0, inputs, outputs), VITGEN_API_E_ARG);
  EXPECT_EQ(run(1, nullptr, outputs), VITGEN_API_E_ARG);
  EXPECT_EQ(run(1, inputs, nullptr), VITGEN_API_E_ARG);
  EXPECT_EQ(vitgen_api_run_device(nullptr, 1, inputs, outputs, nullptr), VITGEN_API_E_ARG);
  std::vector<float> host(kTokens);
  const void* on_host[] = {host.data()};
  EXPECT_EQ(run(1, on_host, outputs), VITGEN_API_E_KERNEL) << "the driver refuses the copy";
  EXPECT_STREQ(vitgen_api_error(session.context), "copying 'image': cuMemcpyAsync: CUDA error 1");
  EXPECT_EQ(run(1, inputs, outputs), VITGEN_API_OK);
}

TEST(CudaRunDevice, is_unsupported_on_a_cpu) {
  GpuModel gpu;
  fake_cuda::set_devices({});
  Session session(gpu.fake);
  const void* inputs[] = {nullptr};
  void* outputs[] = {nullptr, nullptr};
  EXPECT_EQ(vitgen_api_device(session.model), -1);
  EXPECT_EQ(vitgen_api_run_device(session.context, 1, inputs, outputs, nullptr),
            VITGEN_API_E_UNSUPPORTED);
  EXPECT_STREQ(vitgen_api_error(session.context), "run_device: this model is on the CPU");
}

}  // namespace
}  // namespace vitgen::test
