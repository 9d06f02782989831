#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/base/in_child.h"
#include "tests/runtime/fake_model.h"
#include "tests/runtime/interpose.h"

namespace vitgen::test {
namespace {

using testing::in_child;
using testing::kThreadsOfChild;

int run(vitgen_api_context* context) {
  const std::vector<float> input = images(3);
  std::vector<float> out(3 * kClasses);
  return vitgen_api_run(context, 3, input.data(), out.data());
}

/// Everything a child may do with what its parent made; 0, or the number of what went wrong.
int child_uses_inherited(vitgen_api_model* model, vitgen_api_context* context) {
  if (run(context) != VITGEN_API_E_FORKED) return 1;
  if (vitgen_api_observe(context, nullptr, nullptr) != VITGEN_API_E_FORKED) return 2;
  const vitgen_api_context_options options = context_options(kThreadsOfChild);
  vitgen_api_context* own = nullptr;
  if (vitgen_api_context_create(model, &options, &own) != VITGEN_API_OK) return 3;
  if (run(own) != VITGEN_API_OK) return 4;
  if (vitgen_api_context_destroy(own) != VITGEN_API_OK) return 5;
  if (vitgen_api_context_destroy(context) != VITGEN_API_OK) return 6;
  if (vitgen_api_close(model) != VITGEN_API_OK) return 7;
  return 0;
}

TEST(Fork, child_is_refused_at_once_and_can_make_its_own) {
  FakeModel fake;
  for (const int threads : {1, 4}) {
    Session session(fake, context_options(threads));
    EXPECT_EQ(run(session.context), VITGEN_API_OK);
    EXPECT_EQ(in_child([&] { return child_uses_inherited(session.model, session.context); }), 0);
    EXPECT_EQ(run(session.context), VITGEN_API_OK) << "the parent goes on";
  }
}

TEST(Fork, works_by_process_number_where_pages_cannot_be_wiped) {
  FakeModel fake;
  const OldKernel old_kernel;
  Session session(fake, context_options(3));
  EXPECT_EQ(in_child([&] { return child_uses_inherited(session.model, session.context); }), 0);
}

TEST(Fork, in_the_middle_of_a_run_leaves_the_child_able_to_clean_up) {
  FakeModel fake;
  Session session(fake, context_options(3));
  faults().delay_us = 100000;
  std::thread runner([&session] { EXPECT_EQ(run(session.context), VITGEN_API_OK); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const int result = in_child([&] {
    faults().delay_us = 0;
    return child_uses_inherited(session.model, session.context);
  });
  runner.join();
  EXPECT_EQ(result, 0);
}

TEST(Fork, shared_pool_is_refused_by_new_contexts_of_the_child) {
  FakeModel fake;
  vitgen_api_pool_options options = {};
  options.struct_size = sizeof options;
  options.flags = VITGEN_API_EXACT_THREADS;
  options.threads = 3;
  vitgen_pool* pool = nullptr;
  ASSERT_EQ(vitgen_api_pool_create(&options, &pool), VITGEN_API_OK);
  {
    Session session(fake);
    EXPECT_EQ(in_child([&] {
                vitgen_api_context_options with_pool = context_options();
                with_pool.pool = pool;
                vitgen_api_context* context = nullptr;
                if (vitgen_api_context_create(session.model, &with_pool, &context) !=
                    VITGEN_API_E_FORKED) {
                  return 1;
                }
                return vitgen_api_pool_destroy(pool) == VITGEN_API_OK ? 0 : 2;
              }),
              0);
  }
  EXPECT_EQ(vitgen_api_pool_destroy(pool), VITGEN_API_OK);
}

TEST(Fork, a_hundred_children_never_hang) {
  FakeModel fake;
  Session session(fake, context_options(3));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(run(session.context), VITGEN_API_OK);
    ASSERT_EQ(in_child([&] { return run(session.context); }), VITGEN_API_E_FORKED);
  }
}

TEST(Thread, that_called_run_may_end_before_the_context) {
  FakeModel fake;
  Session session(fake, context_options(3));
  for (int i = 0; i < 50; ++i) {
    std::thread([&session] { EXPECT_EQ(run(session.context), VITGEN_API_OK); }).join();
  }
}

}  // namespace
}  // namespace vitgen::test
