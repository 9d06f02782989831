#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "tests/runtime/fake_model.h"

namespace vitgen::test {
namespace {

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
    Session session(fake, context_options(threads));
    EXPECT_EQ(vitgen_api_context_threads(session.context), threads);
    for (int repeat = 0; repeat < 20; ++repeat) {
      EXPECT_TRUE(same_bits(run(session, input), fake.logits(input))) << threads;
    }
  }
}

}  // namespace
}  // namespace vitgen::test
