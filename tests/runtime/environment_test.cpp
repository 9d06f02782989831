// Runs under conditions that programs bring about: small stacks, signals, long lives.

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <fstream>

#include "tests/runtime/fake_model.h"

namespace vitgen::test {
namespace {

struct Whole {
  FakeModel* fake;
  const float* input;
  float* output;
};

/// From open to close, on the calling thread's stack.
void* whole_life(void* argument) {
  const Whole& whole = *static_cast<Whole*>(argument);
  vitgen_api_model* model = nullptr;
  EXPECT_EQ(vitgen_api_open_memory(whole.fake->file(), whole.fake->file_bytes(), nullptr, &model),
            VITGEN_API_OK);
  vitgen_api_context* context = nullptr;
  EXPECT_EQ(vitgen_api_context_create(model, nullptr, &context), VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_run(context, 5, whole.input, whole.output), VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_context_destroy(context), VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_close(model), VITGEN_API_OK);
  return nullptr;
}

#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
TEST(Environment, a_stack_of_64_kib_suffices) {
  FakeModel fake;
  fake.table();
  const std::vector<float> input = images(5);
  std::vector<float> out(5 * kClasses);
  Whole whole = {&fake, input.data(), out.data()};
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 64 * 1024), 0);
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, whole_life, &whole), 0);
  ASSERT_EQ(pthread_join(thread, nullptr), 0);
  pthread_attr_destroy(&attributes);
  EXPECT_EQ(out, fake.logits(input));
}
#endif

void ignore_signal(int) {}

TEST(Environment, a_storm_of_signals_changes_nothing) {
  FakeModel fake;
  fake.table();
  struct sigaction action = {}, before = {};
  action.sa_handler = ignore_signal;  // without SA_RESTART: calls of the system are interrupted
  ASSERT_EQ(sigaction(SIGALRM, &action, &before), 0);
  const itimerval every = {{0, 200}, {0, 200}};
  ASSERT_EQ(setitimer(ITIMER_REAL, &every, nullptr), 0);
  const std::vector<float> input = images(5);
  for (int i = 0; i < 200; ++i) {
    std::vector<float> out(5 * kClasses);
    Whole whole = {&fake, input.data(), out.data()};
    whole_life(&whole);
    ASSERT_EQ(out, fake.logits(input));
  }
  const itimerval never = {};
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &before, nullptr);
}

long resident_pages() {
  std::ifstream statm("/proc/self/statm");
  long size = 0, resident = 0;
  statm >> size >> resident;
  return resident;
}

TEST(EnvironmentFull, a_hundred_thousand_runs_need_no_more_memory) {
  FakeModel fake;
  Session session(fake, context_options(2));
  const std::vector<float> input = images(9);
  std::vector<float> out(9 * kClasses);
  long after_warm_up = 0;
  for (int i = 0; i < 100000; ++i) {
    if (i == 1000) after_warm_up = resident_pages();
    ASSERT_EQ(vitgen_api_run(session.context, 9, input.data(), out.data()), VITGEN_API_OK);
  }
  EXPECT_LE(resident_pages() - after_warm_up, 16);  // 64 KiB: what reading /proc itself may cost
}

}  // namespace
}  // namespace vitgen::test
