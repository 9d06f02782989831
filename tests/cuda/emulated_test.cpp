// The fake driver with the interpreter of PTX behind it.

#include <gtest/gtest.h>

#include "tests/cuda/emulated/interpret.h"
#include "tests/cuda/gpu_model.h"

namespace vitgen::test {
namespace {

TEST(CudaEmulated, the_models_own_ptx_gives_what_the_host_computes) {
  GpuModel gpu;
  fake_cuda::set_launch(fake_cuda::interpret);
  for (const uint32_t flags : {0u, unsigned{VITGEN_API_NO_GRAPH}}) {
    vitgen_api_context_options options = context_options();
    options.flags = flags;
    Session session(gpu.fake, options);
    const std::vector<float> input = images(13);
    std::vector<float> logits(13 * kClasses), pooled(13 * kPooled);
    void* outputs[] = {logits.data(), pooled.data()};
    ASSERT_EQ(vitgen_api_run_outputs(session.context, 13, input.data(), outputs), VITGEN_API_OK);
    EXPECT_EQ(logits, gpu.fake.logits(input));
    EXPECT_EQ(pooled, gpu.fake.pooled(input));
  }
}

TEST(CudaEmulated, an_address_outside_of_memory_loses_the_context) {
  GpuModel gpu;
  fake_cuda::set_launch(fake_cuda::interpret);
  const vitgen_table& table = gpu.fake.table();
  const vitgen_launch& launch = table.kernels[0].device[0]->launches[0];
  std::vector<vitgen_launch_argument> arguments(launch.arguments,
                                                launch.arguments + launch.argument_count);
  arguments[0].value = uint64_t{1} << 20;  // far behind the context's memory
  const_cast<vitgen_launch&>(launch).arguments = arguments.data();
  Session session(gpu.fake);
  const std::vector<float> input = images(1);
  std::vector<float> out(kClasses);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(vitgen_api_run(session.context, 1, input.data(), out.data()), VITGEN_API_E_DEVICE_LOST);
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("emulated GPU: "), std::string::npos);
  EXPECT_NE(text.find("affine"), std::string::npos) << text;
}

}  // namespace
}  // namespace vitgen::test
