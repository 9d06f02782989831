// Many threads on one model.

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "tests/vitgen/program.h"
#include "tools/vitgen/loaded_library.h"

namespace vitgen {
namespace {

// Eight threads, each with a context of its own that has threads of its own, on one library: every
// result has the bits of a lone run.
void hammer(int runs) {
  const std::string directory = sanitized_library();
  LoadedLibrary alone(directory, {.threads = 1, .isa = {}});
  const std::vector<float> input = noise(3 * alone.input().elements, 5);
  std::vector<float> expected(3 * alone.outputs()[0].elements);
  void* const outputs[] = {expected.data()};
  alone.run(3, input.data(), outputs);
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      LoadedLibrary mine(directory, {.threads = 1 + t % 2, .isa = {}});
      std::vector<float> got(expected.size());
      void* const out[] = {got.data()};
      for (int run = 0; run < runs; ++run) {
        mine.run(3, input.data(), out);
        if (std::memcmp(got.data(), expected.data(), got.size() * sizeof(float)) != 0) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

TEST(Stress, EightThreadsGiveTheBitsOfOne) { hammer(10); }
TEST(StressFull, EightThreadsTimesAThousandRunsGiveTheBitsOfOne) { hammer(1000); }

}  // namespace
}  // namespace vitgen
