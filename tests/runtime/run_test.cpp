#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <xmmintrin.h>

#include <cstring>
#include <limits>

#include "tests/runtime/fake_model.h"
#include "tests/runtime/guarded_memory.h"
#include "tests/runtime/interpose.h"

namespace vitgen::test {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

std::vector<float> run(Session& session, const std::vector<float>& input) {
  const size_t n = input.size() / kTokens;
  std::vector<float> out(n * kClasses, -1.0f);
  EXPECT_EQ(vitgen_api_run(session.context, n, input.data(), out.data()), VITGEN_API_OK)
      << vitgen_api_error(session.context);
  return out;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST(Run, any_number_of_images_gives_the_bits_of_one_at_a_time) {
  FakeModel fake;
  Session session(fake);
  for (const size_t n : {1u, 2u, 3u, 4u, 5u, 8u, 17u, 100u}) {
    const std::vector<float> input = images(n);
    EXPECT_TRUE(same_bits(run(session, input), fake.logits(input))) << n;
  }
}

TEST(Run, any_number_of_threads_gives_the_same_bits) {
  FakeModel fake;
  const std::vector<float> input = images(17);
  for (int threads = 1; threads <= 8; ++threads) {
    for (const int spin_us : {-1, 0, 20}) {
      vitgen_api_context_options options = context_options(threads);
      options.spin_us = spin_us;
      Session session(fake, options);
      EXPECT_EQ(vitgen_api_context_threads(session.context), threads);
      for (int repeat = 0; repeat < 20; ++repeat) {
        EXPECT_TRUE(same_bits(run(session, input), fake.logits(input))) << threads;
      }
    }
  }
}

TEST(Run, max_batch_limits_the_buckets) {
  FakeModel fake;
  for (const int max_batch : {1, 3, 4, 7, 8, 99}) {
    vitgen_api_context_options options = context_options(2);
    options.max_batch = max_batch;
    Session session(fake, options);
    const std::vector<float> input = images(17);
    EXPECT_TRUE(same_bits(run(session, input), fake.logits(input))) << max_batch;
  }
}

TEST(Run, outputs_can_be_skipped) {
  FakeModel fake;
  Session session(fake, context_options(2));
  const std::vector<float> input = images(13);
  for (int wanted = 1; wanted < 4; ++wanted) {
    std::vector<float> logits(13 * kClasses), pooled(13 * kPooled);
    void* const outputs[] = {(wanted & 1) != 0 ? logits.data() : nullptr,
                             (wanted & 2) != 0 ? pooled.data() : nullptr};
    ASSERT_EQ(vitgen_api_run_outputs(session.context, 13, input.data(), outputs), VITGEN_API_OK);
    EXPECT_TRUE((wanted & 1) == 0 || same_bits(logits, fake.logits(input)));
    EXPECT_TRUE((wanted & 2) == 0 || same_bits(pooled, fake.pooled(input)));
  }
}

TEST(Run, stays_inside_the_callers_buffers) {
  FakeModel fake;
  Session session(fake, context_options(3));
  for (const auto side : {GuardedMemory::kEndsAtGuard, GuardedMemory::kStartsAfterGuard}) {
    for (const size_t n : {1u, 3u, 8u, 17u}) {
      const std::vector<float> values = images(n);
      GuardedMemory input(values.size() * sizeof(float), side);
      GuardedMemory output(n * kClasses * sizeof(float), side);
      memcpy(input.floats(), values.data(), values.size() * sizeof(float));
      input.freeze();
      ASSERT_EQ(vitgen_api_run(session.context, n, input.floats(), output.floats()), VITGEN_API_OK);
      const std::vector<float> expected = fake.logits(values);
      EXPECT_EQ(memcmp(output.floats(), expected.data(), expected.size() * sizeof(float)), 0);
    }
  }
}

TEST(Run, weights_are_only_read) {
  FakeModel fake;
  fake.table();
  vitgen_api_model* model = nullptr;
  ASSERT_EQ(vitgen_api_open(fake.write_file().c_str(), nullptr, &model), VITGEN_API_OK);
  vitgen_api_context* context = nullptr;
  ASSERT_EQ(vitgen_api_context_create(model, nullptr, &context), VITGEN_API_OK);
  const std::vector<float> input = images(9);
  std::vector<float> out(9 * kClasses);
  ASSERT_EQ(vitgen_api_run(context, 9, input.data(), out.data()), VITGEN_API_OK);
  EXPECT_TRUE(same_bits(out, fake.logits(input)));
  EXPECT_EQ(vitgen_api_context_destroy(context), VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_close(model), VITGEN_API_OK);
}

TEST(Run, allocates_nothing) {
  FakeModel fake;
  for (const int threads : {1, 4}) {
    Session session(fake, context_options(threads));
    const std::vector<float> input = images(17);
    std::vector<float> out(17 * kClasses);
    reset_calls();
    for (int i = 0; i < 10; ++i) {
      ASSERT_EQ(vitgen_api_run(session.context, 17, input.data(), out.data()), VITGEN_API_OK);
    }
    EXPECT_EQ(calls_of(Libc::kAny), 0);
  }
}

struct BadCall {
  const char* words;
  size_t n;
  const void* input;
  void* output;
};

TEST(Run, wrong_arguments_are_named_and_touch_nothing) {
  FakeModel fake;
  Session session(fake);
  std::vector<float> memory(200, -7.0f);
  float* m = memory.data();
  auto* bytes = reinterpret_cast<char*>(m);
  const size_t most = std::numeric_limits<size_t>::max();
  const BadCall calls[] = {
      {"n: 0 images", 0, m, m + 100},
      {"input 'image': null", 1, nullptr, m},
      {"output: null", 1, m, nullptr},
      {"image: not aligned to 4", 1, bytes + 1, m + 100},
      {"logits: not aligned to 4", 1, m, bytes + 401},
      {"'logits' overlaps the input", 1, m, m},
      {"'logits' overlaps the input", 2, m, m + 23},
      {"'logits' overlaps the input", 2, m + 9, m},
      {"do not fit into the address space", most, m, m + 100},
      {"do not fit into the address space", most / 48, m, m + 100},
  };
  for (const BadCall& call : calls) {
    EXPECT_EQ(vitgen_api_run(session.context, call.n, call.input, call.output), VITGEN_API_E_ARG);
    EXPECT_THAT(vitgen_api_error(session.context), HasSubstr(call.words));
    EXPECT_THAT(memory, Each(-7.0f)) << call.words;
  }
  EXPECT_EQ(vitgen_api_run(session.context, 2, m, m + 24), VITGEN_API_OK);
  EXPECT_STREQ(vitgen_api_error(session.context), "");
}

TEST(Run, wrong_output_lists_are_named) {
  FakeModel fake;
  Session session(fake);
  const std::vector<float> input = images(2);
  std::vector<float> out(100);
  EXPECT_EQ(vitgen_api_run_outputs(session.context, 2, input.data(), nullptr), VITGEN_API_E_ARG);
  EXPECT_THAT(vitgen_api_error(session.context), HasSubstr("outputs: null"));
  void* const none[] = {nullptr, nullptr};
  EXPECT_EQ(vitgen_api_run_outputs(session.context, 2, input.data(), none), VITGEN_API_E_ARG);
  EXPECT_THAT(vitgen_api_error(session.context), HasSubstr("output: null"));
  void* const shared[] = {out.data(), out.data() + 9};
  EXPECT_EQ(vitgen_api_run_outputs(session.context, 2, input.data(), shared), VITGEN_API_E_ARG);
  EXPECT_THAT(vitgen_api_error(session.context), HasSubstr("'logits' and 'pooled' overlap"));
}

TEST(Run, every_input_has_a_buffer_of_its_own) {
  FakeModel fake;
  const vitgen_port both[] = {*fake.table().inputs, {"noise", VITGEN_F32, 1, {3, 0, 0, 0}}};
  fake.table().inputs = both;
  fake.table().input_count = 2;
  Session session(fake);
  const std::vector<float> input = images(2);
  std::vector<float> noise(6), out(2 * kClasses);
  void* const outputs[] = {out.data(), nullptr};
  EXPECT_EQ(vitgen_api_run(session.context, 2, input.data(), out.data()), VITGEN_API_E_ARG);
  EXPECT_THAT(vitgen_api_error(session.context), HasSubstr("2 inputs: give them all to run_ports"));
  const void* const half[] = {input.data(), nullptr};
  EXPECT_EQ(vitgen_api_run_ports(session.context, 2, half, outputs), VITGEN_API_E_ARG);
  EXPECT_THAT(vitgen_api_error(session.context), HasSubstr("input 'noise': null"));
  const void* const shared[] = {input.data(), out.data()};
  EXPECT_EQ(vitgen_api_run_ports(session.context, 2, shared, outputs), VITGEN_API_E_ARG);
  EXPECT_THAT(vitgen_api_error(session.context), HasSubstr("overlaps the input 'noise'"));
  EXPECT_EQ(vitgen_api_run_ports(session.context, 2, nullptr, outputs), VITGEN_API_E_ARG);
  const void* const all[] = {input.data(), noise.data()};
  ASSERT_EQ(vitgen_api_run_ports(session.context, 2, all, outputs), VITGEN_API_OK);
  EXPECT_EQ(out, fake.logits(input));
  vitgen_api_tensor tensor = {};
  tensor.struct_size = sizeof tensor;
  EXPECT_EQ(vitgen_api_input_count(), 2u);
  ASSERT_EQ(vitgen_api_input_at(1, &tensor), VITGEN_API_OK);
  EXPECT_STREQ(tensor.name, "noise");
  EXPECT_EQ(vitgen_api_input_at(2, &tensor), VITGEN_API_E_ARG);
}

TEST(Run, refuses_what_is_not_a_context) {
  FakeModel fake;
  Session session(fake);
  float in[kTokens] = {}, out[kClasses];
  EXPECT_EQ(vitgen_api_run(nullptr, 1, in, out), VITGEN_API_E_ARG);
  EXPECT_EQ(vitgen_api_run(reinterpret_cast<vitgen_api_context*>(session.model), 1, in, out),
            VITGEN_API_E_ARG);
}

TEST(Run, kernels_see_default_rounding_and_denormals_and_the_caller_keeps_its_own) {
  FakeModel fake;
  constexpr unsigned kFlushTowardZero = 0x1f80u | 0x8040u | 0x6000u;  // FTZ, DAZ, round to zero
  _mm_setcsr(kFlushTowardZero);                                       // workers are created with it
  for (const int threads : {1, 4}) {
    Session session(fake, context_options(threads));
    for (int i = 0; i < 10; ++i) run(session, images(17));
    EXPECT_EQ(_mm_getcsr() & ~0x3fu, kFlushTowardZero);
  }
  _mm_setcsr(0x1f80);
  EXPECT_EQ(faults().mxcsr, 0u);
}

}  // namespace
}  // namespace vitgen::test
