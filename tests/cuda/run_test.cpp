// Runs on a GPU with the caller's memory on the host.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "runtime/cuda_driver.h"
#include "tests/cuda/gpu_model.h"
#include "tests/runtime/interpose.h"

namespace vitgen::test {
namespace {

vitgen_api_context_options with_flags(uint32_t flags) {
  vitgen_api_context_options options = context_options();
  options.flags = flags;
  return options;
}

/// Both outputs of n images are the model's.
void expect_right(const GpuModel& gpu, vitgen_api_context* context, size_t n, unsigned seed = 1) {
  const std::vector<float> input = images(n, seed);
  std::vector<float> logits(n * kClasses), pooled(n * kPooled);
  void* outputs[] = {logits.data(), pooled.data()};
  ASSERT_EQ(vitgen_api_run_outputs(context, n, input.data(), outputs), VITGEN_API_OK)
      << vitgen_api_error(context);
  EXPECT_EQ(logits, gpu.fake.logits(input)) << n;
  EXPECT_EQ(pooled, gpu.fake.pooled(input)) << n;
}

TEST(CudaRun, every_batch_is_right_by_graph_and_kernel_by_kernel) {
  GpuModel gpu;
  for (const uint32_t flags :
       {0u, unsigned{VITGEN_API_NO_GRAPH}, unsigned{VITGEN_API_TIME_STEPS}}) {
    Session session(gpu.fake, with_flags(flags));
    for (size_t n = 1; n < 20; ++n) expect_right(gpu, session.context, n);
  }
  EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{});
}

TEST(CudaRun, a_graph_is_launched_once_per_bucket_and_a_kernel_never) {
  GpuModel gpu;
  Session session(gpu.fake);
  EXPECT_EQ(fake_cuda::alive().executables, 3);
  EXPECT_EQ(fake_cuda::alive().graphs, 0) << "what was recorded is given back";
  const int launches = fake_cuda::calls("cuLaunchKernel");
  EXPECT_EQ(launches, 3 * 4) << "four launches in each of three graphs";
  expect_right(gpu, session.context, 13);
  EXPECT_EQ(fake_cuda::calls("cuGraphLaunch"), 3) << "8 + 4 + 1";
  EXPECT_EQ(fake_cuda::calls("cuLaunchKernel"), launches);
}

TEST(CudaRun, without_graphs_every_kernel_is_launched) {
  GpuModel gpu;
  Session session(gpu.fake, with_flags(VITGEN_API_NO_GRAPH));
  EXPECT_EQ(fake_cuda::alive().executables, 0);
  expect_right(gpu, session.context, 13);
  EXPECT_EQ(fake_cuda::calls("cuGraphLaunch"), 0);
  EXPECT_EQ(fake_cuda::calls("cuLaunchKernel"), 3 * 4);
}

TEST(CudaRun, allocates_nothing_on_host_or_device) {
  GpuModel gpu;
  Session session(gpu.fake);
  const auto made = [] {
    return std::vector<int>{fake_cuda::calls("cuMemAlloc_v2"), fake_cuda::calls("cuStreamCreate"),
                            fake_cuda::calls("cuEventCreate"), fake_cuda::calls("cuModuleLoadData"),
                            fake_cuda::calls("cuGraphInstantiateWithFlags")};
  };
  const std::vector<float> input = images(13);
  std::vector<float> out(13 * kClasses);
  const std::vector<int> before = made();
  reset_calls();
  ASSERT_EQ(vitgen_api_run(session.context, 13, input.data(), out.data()), VITGEN_API_OK);
  EXPECT_EQ(calls_of(Libc::kAny), 0);
  EXPECT_EQ(made(), before);
}

TEST(CudaRun, encodes_tensor_maps_when_the_context_is_made_and_for_its_buckets_only) {
  GpuModel gpu;
  vitgen_api_context_options options = context_options();
  options.flags = VITGEN_API_NO_GRAPH;
  options.max_batch = 4;
  Session session(gpu.fake, options);
  EXPECT_EQ(fake_cuda::calls("cuTensorMapEncodeTiled"), 2);
  const std::vector<float> input = images(5);
  std::vector<float> out(5 * kClasses);
  ASSERT_EQ(vitgen_api_run(session.context, 5, input.data(), out.data()), VITGEN_API_OK);
  EXPECT_EQ(out, gpu.fake.logits(input));
  EXPECT_EQ(fake_cuda::calls("cuTensorMapEncodeTiled"), 2);
}

TEST(CudaRun, an_output_that_is_not_wanted_is_not_copied) {
  GpuModel gpu;
  Session session(gpu.fake);
  const std::vector<float> input = images(2);
  std::vector<float> pooled(2 * kPooled);
  void* outputs[] = {nullptr, pooled.data()};
  ASSERT_EQ(vitgen_api_run_outputs(session.context, 2, input.data(), outputs), VITGEN_API_OK);
  EXPECT_EQ(pooled, gpu.fake.pooled(input));
  EXPECT_EQ(fake_cuda::calls("cuMemcpyDtoHAsync_v2"), 2);
}

TEST(CudaRun, leaves_the_callers_context_current) {
  GpuModel gpu;
  {
    const CudaUser user;
    Session session(gpu.fake);
    expect_right(gpu, session.context, 1);
    EXPECT_EQ(fake_cuda::pushed(), 1u);
    EXPECT_EQ(fake_cuda::alive().contexts, 2) << "the user's and the model's hold on one context";
  }
  EXPECT_EQ(fake_cuda::pushed(), 0u);
  EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{});
}

TEST(CudaRun, steps_are_timed_on_request) {
  GpuModel gpu;
  Session session(gpu.fake, with_flags(VITGEN_API_TIME_STEPS));
  fake_cuda::set_launch([](const fake_cuda::Launch&) {
    const timespec wait = {0, 2000000};
    nanosleep(&wait, nullptr);
    return 0;
  });
  const std::vector<float> input = images(8);
  std::vector<float> out(8 * kClasses);
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(vitgen_api_run(session.context, 8, input.data(), out.data()), VITGEN_API_OK);
  }
  EXPECT_EQ(vitgen_api_step_time_ns(session.context, 0), 0u) << "batch 1 did not run";
  EXPECT_GE(vitgen_api_step_time_ns(session.context, 6), 2000000u);
  EXPECT_GE(vitgen_api_step_time_ns(session.context, 7), 4000000u) << "two launches";
  EXPECT_LT(vitgen_api_step_time_ns(session.context, 7), 2000000000u) << "of the last run";
}

/// What an observer sees: the step and the values of its last operand.
struct Seen {
  std::vector<std::string> steps;
  std::vector<std::vector<float>> outputs;
  std::vector<float> first_weight;
};

void look(void* user, size_t, const vitgen_api_step* info, const vitgen_api_operand* operands,
          size_t count) {
  auto& seen = *static_cast<Seen*>(user);
  seen.steps.emplace_back(info->name);
  const vitgen_api_operand& output = operands[count - 1];
  EXPECT_EQ(output.is_output, 1u);
  const auto* values = static_cast<const float*>(output.data);
  seen.outputs.emplace_back(values, values + output.extents[0] * output.extents[1]);
  if (operands[1].is_weight != 0)
    seen.first_weight.push_back(*static_cast<const float*>(operands[1].data));
}

TEST(CudaRun, an_observer_sees_what_each_step_made) {
  GpuModel gpu;
  for (const uint32_t flags : {0u, unsigned{VITGEN_API_TIME_STEPS}}) {
    Session session(gpu.fake, with_flags(flags));
    Seen seen;
    ASSERT_EQ(vitgen_api_observe(session.context, look, &seen), VITGEN_API_OK);
    expect_right(gpu, session.context, 5);
    EXPECT_THAT(seen.steps,
                ::testing::ElementsAre("embed", "head", "pool", "embed", "head", "pool"));
    const std::vector<float> input = images(5);
    const std::vector<float> first(input.begin(), input.begin() + 4 * kTokens);
    EXPECT_EQ(seen.outputs[1], gpu.fake.logits(first));
    EXPECT_EQ(seen.outputs[2], gpu.fake.pooled(first));
    EXPECT_EQ(seen.first_weight[0], 0.1f) << "weights are those on the host";
    ASSERT_EQ(vitgen_api_observe(session.context, nullptr, nullptr), VITGEN_API_OK);
    expect_right(gpu, session.context, 5);
    EXPECT_EQ(seen.steps.size(), 6u);
  }
}

TEST(CudaRun, an_observer_needs_memory_for_copies) {
  GpuModel gpu;
  Session session(gpu.fake);
  {
    const Failing failing(Libc::kMalloc, 0, Failing::kOnce);
    EXPECT_EQ(vitgen_api_observe(session.context, look, nullptr), VITGEN_API_E_RESOURCES);
  }
  expect_right(gpu, session.context, 1);
}

TEST(CudaRun, contexts_of_several_threads_do_not_disturb_each_other) {
  GpuModel gpu;
  Session session(gpu.fake);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&gpu, &session, t] {
      vitgen_api_context* context = nullptr;
      ASSERT_EQ(vitgen_api_context_create(session.model, nullptr, &context), VITGEN_API_OK);
      for (size_t i = 0; i < 50; ++i) expect_right(gpu, context, 1 + i % 9, t);
      EXPECT_EQ(vitgen_api_context_destroy(context), VITGEN_API_OK);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(CudaContext, is_of_one_thread_and_uses_nothing_that_is_for_cpus) {
  GpuModel gpu;
  static int calls = 0;
  vitgen_parallel_for own = {sizeof own, 3, nullptr,
                             [](void*, int, vitgen_share, void*) { ++calls; }};
  vitgen_api_context_options options = context_options(4);
  options.parallel_for = &own;
  alignas(128) static char memory[128];
  options.memory = memory;
  options.memory_bytes = sizeof memory;  // too little for the CPU
  Session session(gpu.fake, options);
  EXPECT_EQ(vitgen_api_context_threads(session.context), 1);
  expect_right(gpu, session.context, 3);
  EXPECT_EQ(calls, 0);
}

TEST(CudaContext, options_are_checked_as_on_a_cpu) {
  GpuModel gpu({4, 8});
  Session session(gpu.fake);
  vitgen_api_context* context = nullptr;
  vitgen_api_context_options options = context_options();
  options.threads = -1;
  EXPECT_EQ(vitgen_api_context_create(session.model, &options, &context), VITGEN_API_E_ARG);
  options = context_options();
  options.max_batch = 3;
  EXPECT_EQ(vitgen_api_context_create(session.model, &options, &context), VITGEN_API_E_ARG);
  options = with_flags(8);
  EXPECT_EQ(vitgen_api_context_create(session.model, &options, &context), VITGEN_API_E_ARG);
}

TEST(CudaContext, a_smaller_max_batch_takes_less_memory_and_fewer_graphs) {
  GpuModel gpu;
  const auto bytes = [] {
    size_t sum = 0;
    for (const fake_cuda::Range& range : fake_cuda::allocations()) sum += range.bytes.size();
    return sum;
  };
  size_t all = 0;
  {
    Session session(gpu.fake);
    all = bytes();
  }
  vitgen_api_context_options options = context_options();
  options.max_batch = 4;
  Session session(gpu.fake, options);
  EXPECT_EQ(fake_cuda::alive().executables, 2);
  // Activations, input, two outputs and scratch of batch 8 against 4, each in multiples of 128.
  EXPECT_EQ(all - bytes(), (384u - 256) + (384 - 256) + (256 - 128) + (128 - 128) + 0);
  expect_right(gpu, session.context, 9);
}

}  // namespace
}  // namespace vitgen::test
