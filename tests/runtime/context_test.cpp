#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "runtime/cpu_count.h"
#include "tests/runtime/fake_kernels.h"
#include "tests/runtime/fake_model.h"
#include "tests/runtime/interpose.h"

namespace vitgen::test {
namespace {

using ::testing::HasSubstr;

/// A model without a context.
struct OpenModel {
  explicit OpenModel(FakeModel& fake) {
    fake.table();
    EXPECT_EQ(vitgen_api_open_memory(fake.file(), fake.file_bytes(), nullptr, &model),
              VITGEN_API_OK);
  }
  ~OpenModel() { EXPECT_EQ(vitgen_api_close(model), VITGEN_API_OK); }
  OpenModel(const OpenModel&) = delete;
  OpenModel& operator=(const OpenModel&) = delete;
  vitgen_api_model* model = nullptr;
};

/// Creates and destroys at once; the text is that of the failure.
struct Created {
  int code;
  std::string text;
};
Created try_create(vitgen_api_model* model, vitgen_api_context_options options) {
  const Held before = held();
  char text[512] = "";
  options.error_text = text;
  options.error_text_bytes = sizeof text;
  auto* context = reinterpret_cast<vitgen_api_context*>(1);
  const int code = vitgen_api_context_create(model, &options, &context);
  EXPECT_EQ(context != nullptr, code == VITGEN_API_OK);
  EXPECT_EQ(text[0] == '\0', code == VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_context_destroy(context), VITGEN_API_OK);
  EXPECT_EQ(held(), before) << "something is left over";
  return {code, text};
}

TEST(Context, options_may_be_null) {
  FakeModel fake;
  OpenModel open(fake);
  vitgen_api_context* context = nullptr;
  ASSERT_EQ(vitgen_api_context_create(open.model, nullptr, &context), VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_context_threads(context), vitgen_api_default_threads());
  EXPECT_EQ(vitgen_api_context_destroy(context), VITGEN_API_OK);
}

TEST(Context, threads_are_at_most_what_the_machine_gives) {
  FakeModel fake;
  OpenModel open(fake);
  vitgen_api_context_options options = context_options(1000);
  options.flags = 0;
  vitgen_api_context* context = nullptr;
  ASSERT_EQ(vitgen_api_context_create(open.model, &options, &context), VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_context_threads(context), rt::usable_cpus());
  EXPECT_EQ(vitgen_api_context_destroy(context), VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_default_threads(), rt::usable_cpus());
}

TEST(Context, wrong_arguments_are_named) {
  FakeModel fake;
  OpenModel open(fake);
  struct Case {
    const char* words;
    void (*change)(vitgen_api_context_options&);
  };
  static vitgen_parallel_for empty = {sizeof empty, 2, nullptr, nullptr};
  static vitgen_pool not_a_pool = {};
  const Case cases[] = {
      {"threads is not in", [](vitgen_api_context_options& o) { o.threads = -1; }},
      {"threads is not in", [](vitgen_api_context_options& o) { o.threads = 1025; }},
      {"max_batch is negative", [](vitgen_api_context_options& o) { o.max_batch = -1; }},
      {"flags has a bit", [](vitgen_api_context_options& o) { o.flags = 64; }},
      {"not aligned",
       [](vitgen_api_context_options& o) { o.memory = reinterpret_cast<void*>(64); }},
      {"memory_bytes is 0",
       [](vitgen_api_context_options& o) { o.memory = reinterpret_cast<void*>(128); }},
      {"parallel_for needs", [](vitgen_api_context_options& o) { o.parallel_for = &empty; }},
      {"not a pool", [](vitgen_api_context_options& o) { o.pool = &not_a_pool; }},
      {"both set",
       [](vitgen_api_context_options& o) {
         o.pool = &not_a_pool;
         o.parallel_for = &empty;
       }},
  };
  for (const Case& c : cases) {
    vitgen_api_context_options options = context_options();
    c.change(options);
    const Created created = try_create(open.model, options);
    EXPECT_EQ(created.code, VITGEN_API_E_ARG) << c.words;
    EXPECT_THAT(created.text, HasSubstr(c.words));
  }
  EXPECT_EQ(try_create(nullptr, context_options()).code, VITGEN_API_E_ARG);
  EXPECT_EQ(vitgen_api_context_create(open.model, nullptr, nullptr), VITGEN_API_E_ARG);
}

TEST(Context, max_batch_below_the_first_bucket_is_refused) {
  FakeModel fake({4, 8});
  OpenModel open(fake);
  vitgen_api_context_options options = context_options();
  options.max_batch = 3;
  EXPECT_EQ(try_create(open.model, options).code, VITGEN_API_E_ARG);
  EXPECT_EQ(vitgen_api_arena_bytes(1, 3), 0u);
}

TEST(Context, arena_bytes_follow_the_formula) {
  FakeModel fake;
  fake.table();
  // Activations of batch 8, two outputs of batch 8, the scratch of each worker, one vector of
  // slack.
  const size_t activations = 384, outputs = 256 + 128;
  const size_t one = activations + outputs + kSharedScratch + kTaskScratch + 128;
  EXPECT_EQ(vitgen_api_arena_bytes(1, 0), one);
  EXPECT_EQ(vitgen_api_arena_bytes(1, 8), one);
  EXPECT_EQ(vitgen_api_arena_bytes(1, 1000), one);
  EXPECT_EQ(vitgen_api_arena_bytes(5, 0), one + 4 * kTaskScratch);
  EXPECT_EQ(vitgen_api_arena_bytes(1, 1), 128u + 256u + kSharedScratch + kTaskScratch + 128);
  EXPECT_EQ(vitgen_api_arena_bytes(0, 0), 0u);
  EXPECT_EQ(vitgen_api_arena_bytes(1, -1), 0u);
}

TEST(Context, sizes_that_overflow_are_refused) {
  FakeModel fake;
  OpenModel open(fake);
  const uint64_t huge[] = {~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}};
  vitgen_kernel kernels[] = {fake.table().kernels[0], fake.table().kernels[1],
                             fake.table().kernels[2]};
  kernels[0].task_scratch = huge;
  fake.table().kernels = kernels;
  EXPECT_EQ(try_create(open.model, context_options(8)).code, VITGEN_API_E_RESOURCES);
  EXPECT_EQ(vitgen_api_arena_bytes(8, 0), 0u);
}

TEST(Context, runs_in_memory_of_the_caller_and_stays_inside_it) {
  FakeModel fake;
  fake.table();
  for (int threads : {1, 3}) {
    const size_t bytes = vitgen_api_arena_bytes(threads, 0);
    const std::unique_ptr<uint8_t, decltype(&free)> memory(
        static_cast<uint8_t*>(aligned_alloc(128, bytes + 256)), free);
    memset(memory.get(), 0xff, bytes + 256);
    vitgen_api_context_options options = context_options(threads);
    options.memory = memory.get() + 128;
    options.memory_bytes = bytes;
    {
      Session session(fake, options);
      const std::vector<float> input = images(13);
      std::vector<float> out(13 * kClasses);
      ASSERT_EQ(vitgen_api_run(session.context, 13, input.data(), out.data()), VITGEN_API_OK);
      EXPECT_EQ(out, fake.logits(input));
    }
    for (int i = 0; i < 128; ++i) {
      EXPECT_EQ(memory.get()[i], 0xff);
      EXPECT_EQ(memory.get()[128 + bytes + static_cast<size_t>(i)], 0xff);
    }
    options.memory_bytes = bytes - 1;
    OpenModel open(fake);
    EXPECT_THAT(try_create(open.model, options).text, HasSubstr("are needed"));
  }
}

TEST(Context, no_failed_allocation_or_thread_leaks) {
  FakeModel fake;
  OpenModel open(fake);
  for (const auto mode : {Failing::kOnce, Failing::kFromHere}) {
    for (const int threads : {1, 4}) {
      int failures = 0;
      for (int n = 0;; ++n, ++failures) {
        const Failing failing(Libc::kAny, n, mode);
        const Created created = try_create(open.model, context_options(threads));
        if (created.code == VITGEN_API_OK) break;
        EXPECT_EQ(created.code, VITGEN_API_E_RESOURCES) << created.text;
      }
      // Context, page, arena; for a pool its block, page and each thread.
      EXPECT_EQ(failures, threads == 1 ? 3 : 3 + 2 + 3);
    }
  }
  EXPECT_EQ(try_create(open.model, context_options(4)).code, VITGEN_API_OK);
}

TEST(Context, refused_threads_say_how_many_started) {
  FakeModel fake;
  OpenModel open(fake);
  const Failing failing(Libc::kThread, 2, Failing::kFromHere);
  const Created created = try_create(open.model, context_options(6));
  EXPECT_EQ(created.code, VITGEN_API_E_RESOURCES);
  EXPECT_THAT(created.text, HasSubstr("only 2 of 5 could start: EAGAIN"));
}

TEST(Context, a_thousand_come_and_go) {
  FakeModel fake;
  OpenModel open(fake);
  const std::vector<float> input = images(1);
  std::vector<float> out(kClasses);
  const Held before = held();
  for (int i = 0; i < 1000; ++i) {
    const vitgen_api_context_options options = context_options(1 + i % 3);
    vitgen_api_context* context = nullptr;
    ASSERT_EQ(vitgen_api_context_create(open.model, &options, &context), VITGEN_API_OK);
    if (i % 2 == 0) {
      ASSERT_EQ(vitgen_api_run(context, 1, input.data(), out.data()), VITGEN_API_OK);
    }
    ASSERT_EQ(vitgen_api_context_destroy(context), VITGEN_API_OK);
  }
  EXPECT_EQ(held(), before);
}

TEST(Context, works_where_the_kernel_cannot_wipe_pages) {
  FakeModel fake;
  const OldKernel old_kernel;
  Session session(fake, context_options(3));
  const std::vector<float> input = images(2);
  std::vector<float> out(2 * kClasses);
  EXPECT_EQ(vitgen_api_run(session.context, 2, input.data(), out.data()), VITGEN_API_OK);
}

TEST(Context, destroy_refuses_what_is_not_a_context) {
  FakeModel fake;
  OpenModel open(fake);
  EXPECT_EQ(vitgen_api_context_destroy(nullptr), VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_context_destroy(reinterpret_cast<vitgen_api_context*>(open.model)),
            VITGEN_API_E_ARG);
}

}  // namespace
}  // namespace vitgen::test
