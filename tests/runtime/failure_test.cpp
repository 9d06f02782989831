// Kernels that fail: the first code and text are kept, siblings stop, the next run works.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/runtime/fake_model.h"

namespace vitgen::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

int run(vitgen_api_context* context, size_t n) {
  const std::vector<float> input = images(n);
  std::vector<float> out(n * kClasses);
  return vitgen_api_run(context, n, input.data(), out.data());
}

TEST(Failure, of_a_task_is_told_with_step_kernel_and_reason) {
  FakeModel fake;
  for (const int threads : {1, 4}) {
    Session session(fake, context_options(threads));
    faults().failing_index = 3;
    faults().failing_code = -4;
    EXPECT_EQ(run(session.context, 1), VITGEN_API_E_KERNEL);
    EXPECT_STREQ(
        vitgen_api_error(session.context),
        "step head (project): weight is used at 3..3 in dimension 0, valid are 0..0, code -4");
    faults().failing_code = 0;
    EXPECT_EQ(run(session.context, 1), VITGEN_API_OK);
    EXPECT_STREQ(vitgen_api_error(session.context), "");
  }
}

TEST(Failure, without_a_message_still_has_its_code) {
  FakeModel fake;
  Session session(fake, context_options(3));
  faults().silent = true;
  faults().failing_code = -99;
  EXPECT_EQ(run(session.context, 8), VITGEN_API_E_KERNEL);
  EXPECT_STREQ(vitgen_api_error(session.context), "step head (project): code -99");
}

TEST(Failure, of_scratch_memory_is_an_error_and_not_a_crash) {
  FakeModel fake;
  Session session(fake);
  faults().greedy = true;
  EXPECT_EQ(run(session.context, 1), VITGEN_API_E_KERNEL);
  EXPECT_THAT(vitgen_api_error(session.context),
              HasSubstr("scratch memory of the plan is too small"));
  faults().greedy = false;
  EXPECT_EQ(run(session.context, 1), VITGEN_API_OK);
}

TEST(Failure, stops_the_siblings) {
  FakeModel fake;
  Session session(fake, context_options(4));
  faults().all_fail = true;
  faults().failing_code = -7;
  faults().indices_run = 0;
  EXPECT_EQ(run(session.context, 8), VITGEN_API_E_KERNEL);
  EXPECT_LE(faults().indices_run, 4);  // of 40: at most one per worker
}

TEST(Failure, texts_of_many_failing_workers_never_mix) {
  FakeModel fake;
  fake.table();
  faults().all_fail = true;
  faults().failing_code = -4;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&fake] {
      Session session(fake, context_options(3));
      for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(run(session.context, 8), VITGEN_API_E_KERNEL);
        EXPECT_THAT(
            vitgen_api_error(session.context),
            MatchesRegex("step head \\(project\\): weight is used at ([0-9]+)\\.\\.([0-9]+) in "
                         "dimension 0, valid are 0\\.\\.0, code -4"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Busy, a_context_in_use_refuses_other_callers) {
  FakeModel fake;
  Session session(fake, context_options(2));
  faults().delay_us = 200000;
  std::thread first([&session] { EXPECT_EQ(run(session.context, 1), VITGEN_API_OK); });
  int code = VITGEN_API_OK;
  for (int i = 0; i < 1000 && code == VITGEN_API_OK; ++i) {
    code = vitgen_api_observe(session.context, nullptr, nullptr);
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  EXPECT_EQ(code, VITGEN_API_E_BUSY);
  EXPECT_EQ(run(session.context, 1), VITGEN_API_E_BUSY);
  EXPECT_EQ(vitgen_api_context_destroy(session.context), VITGEN_API_E_BUSY);
  EXPECT_EQ(vitgen_api_close(session.model), VITGEN_API_E_BUSY);
  first.join();
  faults().delay_us = 0;
  EXPECT_EQ(run(session.context, 1), VITGEN_API_OK);
}

/// Eight callers, each with a context of its own, run so many times.
void run_eight_callers(int runs) {
  FakeModel fake;
  fake.table();
  vitgen_api_model* model = nullptr;
  ASSERT_EQ(vitgen_api_open_memory(fake.file(), fake.file_bytes(), nullptr, &model), VITGEN_API_OK);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 8; ++t) {
    threads.emplace_back([&fake, model, t, runs] {
      const vitgen_api_context_options options = context_options(1 + static_cast<int>(t % 2));
      vitgen_api_context* context = nullptr;
      ASSERT_EQ(vitgen_api_context_create(model, &options, &context), VITGEN_API_OK);
      const std::vector<float> input = images(3, t);
      const std::vector<float> expected = fake.logits(input);
      for (int i = 0; i < runs; ++i) {
        std::vector<float> out(3 * kClasses);
        ASSERT_EQ(vitgen_api_run(context, 3, input.data(), out.data()), VITGEN_API_OK);
        ASSERT_EQ(out, expected);
      }
      EXPECT_EQ(vitgen_api_context_destroy(context), VITGEN_API_OK);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(vitgen_api_close(model), VITGEN_API_OK);
}

TEST(Busy, eight_threads_on_one_model_do_not_disturb_each_other) { run_eight_callers(200); }

TEST(BusyFull, eight_threads_run_one_model_a_thousand_times_each) { run_eight_callers(1000); }

}  // namespace
}  // namespace vitgen::test
