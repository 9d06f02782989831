// Whatever the driver refuses: the documented code, nothing left over, and the CPU still serves.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/cuda_abi.h"
#include "tests/base/in_child.h"
#include "tests/cuda/gpu_model.h"
#include "tests/runtime/interpose.h"

namespace vitgen::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

struct Outcome {
  int code;
  std::string text;
};

vitgen_api_options forced_options(const char* isa) {
  vitgen_api_options options = open_options();
  options.isa = isa;
  return options;
}

/// Open, make a context, run, and end both; the first failure.
Outcome whole_life(GpuModel& gpu, uint32_t flags = 0, const char* isa = "cuda-sm80") {
  char text[256] = "";
  vitgen_api_options options = forced_options(isa);
  options.error_text = text;
  options.error_text_bytes = sizeof text;
  vitgen_api_context_options with = context_options();
  with.flags = flags;
  with.error_text = text;
  with.error_text_bytes = sizeof text;
  vitgen_api_model* model = nullptr;
  vitgen_api_context* context = nullptr;
  int code = vitgen_api_open_memory(gpu.fake.file(), gpu.fake.file_bytes(), &options, &model);
  if (code == VITGEN_API_OK) code = vitgen_api_context_create(model, &with, &context);
  Outcome outcome = {code, text};
  if (code == VITGEN_API_OK) {
    const std::vector<float> input = images(5);
    std::vector<float> out(5 * kClasses);
    outcome.code = vitgen_api_run(context, 5, input.data(), out.data());
    outcome.text = vitgen_api_error(context);
    if (outcome.code == VITGEN_API_OK) {
      EXPECT_EQ(out, gpu.fake.logits(input));
    }
  }
  EXPECT_EQ(outcome.text.empty(), outcome.code == VITGEN_API_OK) << outcome.code;
  fake_cuda::fail_no_more();  // nothing can be done about what is not given back
  EXPECT_EQ(vitgen_api_context_destroy(context), VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_close(model), VITGEN_API_OK);
  EXPECT_EQ(fake_cuda::pushed(), 0u);
  return outcome;
}

void expect_cpu_serves(GpuModel& gpu) {
  vitgen_api_options options = open_options();
  options.flags = VITGEN_API_NO_DEVICE;
  const Opened opened = try_open(gpu, options);
  EXPECT_EQ(opened.isa, "x86-64");
}

TEST(CudaFailure, no_device_memory_at_any_allocation) {
  GpuModel gpu;
  int failures = 0;
  for (;; ++failures) {
    fake_cuda::fail("cuMemAlloc_v2", failures, rt::kCudaOutOfMemory);
    const Outcome outcome = whole_life(gpu);
    EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{});
    if (!fake_cuda::has_failed()) break;
    EXPECT_EQ(outcome.code, VITGEN_API_E_DEVICE_MEMORY);
    EXPECT_THAT(outcome.text, HasSubstr("bytes: cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY"));
    expect_cpu_serves(gpu);
  }
  EXPECT_EQ(failures, 2);  // the weights, the context
}

TEST(CudaFailure, a_device_that_is_full_is_told_and_not_passed_over) {
  GpuModel gpu;
  fake_cuda::set_memory(4096);
  const Opened opened = try_open(gpu);
  EXPECT_EQ(opened.code, VITGEN_API_E_DEVICE_MEMORY);
  EXPECT_EQ(opened.text, "weights, 8192 bytes: cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY");
  EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{});
}

/// A result of the driver, and what becomes of it beside the codes for refusals outside of a run
/// (E_DEVICE) and of making the context current (E_DEVICE_LOST).
struct Case {
  rt::CudaResult result;
  bool lost;
  int code;
};

/// Fails the calls one after the other; the number of those that were told.
int fail_every_call(GpuModel& gpu, const Case& c, uint32_t flags, const char* isa) {
  int told = 0;
  for (int calls = 0;; ++calls) {
    fake_cuda::mend();
    fake_cuda::fail("", calls, c.result, c.lost);
    const int code = whole_life(gpu, flags, isa).code;
    EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{}) << calls;
    if (!fake_cuda::has_failed()) return told;
    // A failure to give back what was needed for a moment changes nothing.
    EXPECT_THAT(code, AnyOf(VITGEN_API_OK, VITGEN_API_E_DEVICE, VITGEN_API_E_DEVICE_LOST, c.code))
        << calls;
    if (code != VITGEN_API_OK) ++told;
  }
}

TEST(CudaFailure, of_any_call_has_a_code_and_leaves_nothing) {
  GpuModel gpu;
  const Case cases[] = {{rt::kCudaOutOfMemory, false, VITGEN_API_E_DEVICE_MEMORY},
                        {rt::kCudaLaunchOutOfResources, false, VITGEN_API_E_KERNEL},
                        {rt::kCudaIllegalAddress, true, VITGEN_API_E_DEVICE_LOST}};
  for (const Case& c : cases) {
    for (const uint32_t flags :
         {0u, unsigned{VITGEN_API_NO_GRAPH}, unsigned{VITGEN_API_TIME_STEPS}}) {
      for (const char* isa : {"cuda-sm80", "cuda-sm90"}) {
        // Each of nine kernels is loaded with at least four calls.
        EXPECT_GT(fail_every_call(gpu, c, flags, isa), 9 * 4) << c.result << " " << flags << isa;
      }
    }
  }
}

TEST(CudaFailure, of_a_tensor_map_is_told_with_step_and_kernel) {
  GpuModel gpu;
  int failures = 0;
  for (;; ++failures) {
    fake_cuda::fail("cuTensorMapEncodeTiled", failures, rt::kCudaInvalidValue);
    const Outcome outcome = whole_life(gpu, 0, "cuda-sm90");
    EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{});
    if (!fake_cuda::has_failed()) break;
    EXPECT_EQ(outcome.code, VITGEN_API_E_DEVICE);
    EXPECT_EQ(outcome.text, "step head (project): cuTensorMapEncodeTiled: CUDA error 1");
    expect_cpu_serves(gpu);
  }
  EXPECT_EQ(failures, 3);  // one for each bucket
}

TEST(CudaFailure, of_the_hosts_memory_leaves_nothing) {
  GpuModel gpu;
  const Held before = held();
  int failures = 0;
  for (;; ++failures) {
    const Failing failing(Libc::kAny, failures, Failing::kOnce);
    const Outcome outcome = whole_life(gpu);
    EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{});
    EXPECT_EQ(held(), before);
    if (outcome.code == VITGEN_API_OK) break;
    EXPECT_EQ(outcome.code, VITGEN_API_E_RESOURCES) << outcome.text;
  }
  // The model's two blocks and page, the context's two blocks and page.
  EXPECT_EQ(failures, 6);
}

TEST(CudaFailure, of_a_launch_is_told_with_step_and_kernel_and_the_next_run_works) {
  GpuModel gpu;
  vitgen_api_context_options options = context_options();
  options.flags = VITGEN_API_NO_GRAPH;
  Session session(gpu.fake, options);
  const std::vector<float> input = images(1);
  std::vector<float> out(kClasses);
  const auto run = [&] { return vitgen_api_run(session.context, 1, input.data(), out.data()); };
  fake_cuda::fail("cuLaunchKernel", 2, rt::kCudaLaunchOutOfResources);
  EXPECT_EQ(run(), VITGEN_API_E_KERNEL);
  EXPECT_STREQ(vitgen_api_error(session.context),
               "step head (project): cuLaunchKernel: CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES");
  EXPECT_EQ(run(), VITGEN_API_OK);
  EXPECT_EQ(out, gpu.fake.logits(input));
}

TEST(CudaFailure, of_a_graphs_launch_is_told) {
  GpuModel gpu;
  Session session(gpu.fake);
  const std::vector<float> input = images(1);
  std::vector<float> out(kClasses);
  fake_cuda::fail("cuGraphLaunch", 0, rt::kCudaLaunchOutOfResources);
  EXPECT_EQ(vitgen_api_run(session.context, 1, input.data(), out.data()), VITGEN_API_E_KERNEL);
  EXPECT_STREQ(vitgen_api_error(session.context),
               "cuGraphLaunch: CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES");
}

TEST(CudaFailure, a_lost_context_stays_lost_for_all_calls) {
  GpuModel gpu;
  {
    Session session(gpu.fake);
    const std::vector<float> input = images(1);
    std::vector<float> out(kClasses);
    // A kernel that reads a wrong address.
    fake_cuda::set_launch([](const fake_cuda::Launch&) { return int{rt::kCudaIllegalAddress}; });
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(vitgen_api_run(session.context, 1, input.data(), out.data()),
                VITGEN_API_E_DEVICE_LOST);
      EXPECT_THAT(vitgen_api_error(session.context), HasSubstr("CUDA_ERROR_ILLEGAL_ADDRESS"));
    }
    vitgen_api_context* another = nullptr;
    EXPECT_EQ(vitgen_api_context_create(session.model, nullptr, &another),
              VITGEN_API_E_DEVICE_LOST);
    EXPECT_EQ(try_open(gpu).code, VITGEN_API_E_DEVICE_LOST);
    expect_cpu_serves(gpu);
  }
  EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{}) << "what is left is given back all the same";
}

TEST(CudaFailure, a_child_process_is_refused_and_can_open_on_the_cpu) {
  GpuModel gpu;
  Session session(gpu.fake);
  const int result = testing::in_child([&] {
    const std::vector<float> input = images(1);
    std::vector<float> out(kClasses);
    if (vitgen_api_run(session.context, 1, input.data(), out.data()) != VITGEN_API_E_FORKED)
      return 1;
    vitgen_api_context* another = nullptr;
    if (vitgen_api_context_create(session.model, nullptr, &another) != VITGEN_API_E_FORKED)
      return 2;
    const int calls = fake_cuda::calls("cuMemFree_v2") + fake_cuda::calls("cuCtxPushCurrent_v2");
    if (vitgen_api_context_destroy(session.context) != VITGEN_API_OK) return 3;
    if (vitgen_api_close(session.model) != VITGEN_API_OK) return 4;
    if (fake_cuda::calls("cuMemFree_v2") + fake_cuda::calls("cuCtxPushCurrent_v2") != calls)
      return 5;
    return try_open(gpu).isa == "x86-64" ? 0 : 6;
  });
  EXPECT_EQ(result, 0);
  const std::vector<float> input = images(1);
  std::vector<float> out(kClasses);
  EXPECT_EQ(vitgen_api_run(session.context, 1, input.data(), out.data()), VITGEN_API_OK);
}

}  // namespace
}  // namespace vitgen::test
