// What a generated header promises of fork, dlclose and the end of threads, on a library with real
// kernels.

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/base/in_child.h"
#include "tests/vitgen/bound_library.h"
#include "tests/vitgen/program.h"

namespace vitgen {
namespace {

using testing::in_child;
using testing::kThreadsOfChild;

constexpr std::size_t kImages = 3;  // a bucket of 2 and a rest

/// A model with what it answers to three images.
struct Model {
  Model() : library(sanitized_library()), input(noise(kImages * library.input_elements(), 11)) {
    EXPECT_EQ(library.open(&model), VITGEN_API_OK);
    vitgen_api_context* context = nullptr;
    EXPECT_EQ(library.create(model, 1, nullptr, &context), VITGEN_API_OK);
    expected.resize(kImages * library.output_elements());
    EXPECT_EQ(library.run_images(context, kImages, input.data(), expected.data()), VITGEN_API_OK);
    EXPECT_EQ(library.context_destroy(context), VITGEN_API_OK);
  }
  ~Model() {
    EXPECT_EQ(library.close(model), VITGEN_API_OK);
    library.unload();
  }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  /// The code of a run; VITGEN_API_E_KERNEL too where it succeeded with other bits.
  int run(vitgen_api_context* context) const {
    std::vector<float> output(expected.size());
    return run_into(output, context);
  }
  /// The same without an allocation.
  int run_into(std::vector<float>& output, vitgen_api_context* context) const {
    const int code = library.run_images(context, kImages, input.data(), output.data());
    return code == VITGEN_API_OK && output != expected ? VITGEN_API_E_KERNEL : code;
  }

  BoundLibrary library;
  vitgen_api_model* model = nullptr;
  std::vector<float> input, expected;
};

/// A context on `model` from its making to its end; the first code that is not OK.
int life_of_a_context(const Model& made, vitgen_api_model* model, int threads) {
  vitgen_api_context* context = nullptr;
  int code = made.library.create(model, threads, nullptr, &context);
  if (code == VITGEN_API_OK) code = made.run(context);
  const int end = made.library.context_destroy(context);
  return code != VITGEN_API_OK ? code : end;
}

/// Everything that a child may do; 0, or the number of what went wrong.
int child_uses_inherited(const Model& made, vitgen_api_context* inherited) {
  std::vector<float> untouched(made.expected.size(), -1.0f);
  if (made.library.run_images(inherited, kImages, made.input.data(), untouched.data()) !=
      VITGEN_API_E_FORKED) {
    return 1;
  }
  for (const float value : untouched) {
    if (value != -1.0f) return 2;
  }
  if (life_of_a_context(made, made.model, kThreadsOfChild) != VITGEN_API_OK) return 3;
  vitgen_api_model* own = nullptr;
  if (made.library.open(&own) != VITGEN_API_OK) return 4;
  if (life_of_a_context(made, own, kThreadsOfChild) != VITGEN_API_OK) return 5;
  if (made.library.close(own) != VITGEN_API_OK) return 6;
  if (made.library.context_destroy(inherited) != VITGEN_API_OK) return 7;
  return made.library.close(made.model) == VITGEN_API_OK ? 0 : 8;
}

TEST(Fork, AChildIsRefusedTheParentsContextAndMakesItsOwn) {
  const Model made;
  for (const int threads : {1, 3}) {
    vitgen_api_context* context = nullptr;
    ASSERT_EQ(made.library.create(made.model, threads, nullptr, &context), VITGEN_API_OK);
    EXPECT_EQ(made.run(context), VITGEN_API_OK);
    EXPECT_EQ(in_child([&] { return child_uses_inherited(made, context); }), 0);
    EXPECT_EQ(made.run(context), VITGEN_API_OK) << "the parent goes on";
    EXPECT_EQ(made.library.context_destroy(context), VITGEN_API_OK);
  }
}

TEST(Fork, InTheMiddleOfRunsHarmsNeitherSide) {
  const Model made;
  vitgen_api_context* context = nullptr;
  ASSERT_EQ(made.library.create(made.model, 3, nullptr, &context), VITGEN_API_OK);
  std::atomic<bool> stop = false;
  std::atomic<int> code = VITGEN_API_OK;
  // The runner allocates nothing: not every malloc is usable in the child if another thread was
  // inside it, ASan's is not.
  std::vector<float> output(made.expected.size());
  std::thread runner([&] {
    while (!stop) {
      if (const int now = made.run_into(output, context); now != VITGEN_API_OK) code = now;
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(in_child([&] { return child_uses_inherited(made, context); }), 0);
  }
  stop = true;
  runner.join();
  EXPECT_EQ(code, VITGEN_API_OK);
  EXPECT_EQ(made.library.context_destroy(context), VITGEN_API_OK);
}

TEST(Fork, AChildIsRefusedTheParentsPool) {
  const Model made;
  vitgen_api_pool_options options = {};
  options.struct_size = sizeof options;
  options.flags = VITGEN_API_EXACT_THREADS;
  options.threads = 3;
  vitgen_pool* pool = nullptr;
  ASSERT_EQ(made.library.pool_create(&options, &pool), VITGEN_API_OK);
  vitgen_api_context* context = nullptr;
  ASSERT_EQ(made.library.create(made.model, 0, pool, &context), VITGEN_API_OK);
  EXPECT_EQ(made.run(context), VITGEN_API_OK);
  EXPECT_EQ(in_child([&] {
              if (made.run(context) != VITGEN_API_E_FORKED) return 1;
              vitgen_api_context* own = nullptr;
              if (made.library.create(made.model, 0, pool, &own) != VITGEN_API_E_FORKED) return 2;
              if (made.library.context_destroy(context) != VITGEN_API_OK) return 3;
              return made.library.pool_destroy(pool) == VITGEN_API_OK ? 0 : 4;
            }),
            0);
  EXPECT_EQ(made.run(context), VITGEN_API_OK) << "the parent goes on";
  EXPECT_EQ(made.library.context_destroy(context), VITGEN_API_OK);
  EXPECT_EQ(made.library.pool_destroy(pool), VITGEN_API_OK);
}

TEST(ThreadExit, TheContextOfAThreadThatEndedServesOthers) {
  const Model made;
  vitgen_api_context* context = nullptr;
  std::thread([&] {
    EXPECT_EQ(made.library.create(made.model, 3, nullptr, &context), VITGEN_API_OK);
    EXPECT_EQ(made.run(context), VITGEN_API_OK);
  }).join();
  EXPECT_EQ(made.run(context), VITGEN_API_OK);
  for (int i = 0; i < 20; ++i) {
    std::thread([&] { EXPECT_EQ(made.run(context), VITGEN_API_OK); }).join();
  }
  std::thread([&] { EXPECT_EQ(made.library.context_destroy(context), VITGEN_API_OK); }).join();
}

TEST(ThreadExit, TheModelOfAThreadThatEndedServesOthers) {
  const Model made;
  vitgen_api_model* model = nullptr;
  std::thread([&] { EXPECT_EQ(made.library.open(&model), VITGEN_API_OK); }).join();
  EXPECT_EQ(life_of_a_context(made, model, 3), VITGEN_API_OK);
  std::thread([&] { EXPECT_EQ(made.library.close(model), VITGEN_API_OK); }).join();
}

struct Held {
  std::size_t threads = 0;
  std::size_t files = 0;
  std::size_t pages = 0;
  bool library = false;
};

/// What this process holds, as the kernel counts it.
Held held(const std::string& directory) {
  namespace fs = std::filesystem;
  Held now;
  for (const auto& task : fs::directory_iterator("/proc/self/task")) now.threads += task.exists();
  for ([[maybe_unused]] const auto& file : fs::directory_iterator("/proc/self/fd")) ++now.files;
  std::ifstream("/proc/self/statm") >> now.pages;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    now.library = now.library || line.find(directory) != std::string::npos;
  }
  return now;
}

/// From dlopen to dlclose, with a caller's thread that ends in between.
void life_of_a_library() {
  const Model made;
  std::thread([&] { EXPECT_EQ(life_of_a_context(made, made.model, 3), VITGEN_API_OK); }).join();
  EXPECT_EQ(life_of_a_context(made, made.model, 3), VITGEN_API_OK);
}

TEST(Dlclose, LeavesNoThreadNoFileAndNoMemory) {
  const std::string directory = sanitized_library();
  for (int i = 0; i < 5; ++i) life_of_a_library();  // libc keeps some stacks and heaps for later
  const Held before = held(directory);
  EXPECT_FALSE(before.library);
  constexpr std::size_t kLives = 40;
  for (std::size_t i = 0; i < kLives; ++i) {
    life_of_a_library();
    ASSERT_FALSE(held(directory).library) << "still mapped after life " << i;
  }
  Held after = held(directory);
  // A thread that was joined may stand in /proc for a moment more.
  for (int i = 0; i < 1000 && after.threads > before.threads; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    after = held(directory);
  }
  EXPECT_LE(after.threads, before.threads);
  EXPECT_EQ(after.files, before.files);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // One page lost in each life would be kLives.
  EXPECT_LT(after.pages, before.pages + kLives);
#endif
}

}  // namespace
}  // namespace vitgen
