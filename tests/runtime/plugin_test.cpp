// The runtime's relocatable object inside a shared library: loading, running, unloading.

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "vitgen_api.h"

namespace vitgen::test {
namespace {

size_t thread_count() {
  size_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    count += task.exists() ? 1 : 0;
  }
  return count;
}

bool is_mapped(const std::string& file) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(file) != std::string::npos) return true;
  }
  return false;
}

/// The whole life of a model in the library, with threads of its own or those of `pool`.
void run_in(void* library, vitgen_pool* pool = nullptr) {
  const auto open = reinterpret_cast<decltype(&vitgen_api_open_checked)>(
      dlsym(library, "vitgen_api_open_checked"));
  const auto create = reinterpret_cast<decltype(&vitgen_api_context_create)>(
      dlsym(library, "vitgen_api_context_create"));
  const auto run = reinterpret_cast<decltype(&vitgen_api_run)>(dlsym(library, "vitgen_api_run"));
  const auto destroy = reinterpret_cast<decltype(&vitgen_api_context_destroy)>(
      dlsym(library, "vitgen_api_context_destroy"));
  const auto close_model =
      reinterpret_cast<decltype(&vitgen_api_close)>(dlsym(library, "vitgen_api_close"));
  vitgen_api_model* model = nullptr;
  ASSERT_EQ(open(nullptr, nullptr, nullptr, nullptr, &model), VITGEN_API_OK);
  vitgen_api_context_options options = {};
  options.struct_size = sizeof options;
  options.flags = VITGEN_API_EXACT_THREADS;
  options.threads = 3;
  options.pool = pool;
  vitgen_api_context* context = nullptr;
  ASSERT_EQ(create(model, &options, &context), VITGEN_API_OK);
  float input[16], output[16];
  for (int i = 0; i < 16; ++i) input[i] = static_cast<float>(i);
  ASSERT_EQ(run(context, 1, input, output), VITGEN_API_OK);
  EXPECT_EQ(output[15], 30.0f);
  EXPECT_EQ(destroy(context), VITGEN_API_OK);
  EXPECT_EQ(close_model(model), VITGEN_API_OK);
}

TEST(Plugin, is_gone_after_dlclose_and_leaves_no_thread) {
  const std::string file = VITGEN_RUNTIME_PLUGIN;
  const size_t threads = thread_count();
  for (int i = 0; i < 30; ++i) {
    void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    // A caller's thread that has used the library and ended must not keep it.
    std::thread([library] { run_in(library); }).join();
    run_in(library);
    ASSERT_EQ(dlclose(library), 0);
    ASSERT_FALSE(is_mapped(file));
  }
  for (int i = 0; i < 1000 && thread_count() > threads; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_LE(thread_count(), threads);
}

TEST(Plugin, can_use_the_pool_of_another_library) {
  vitgen_api_pool_options options = {};
  options.struct_size = sizeof options;
  options.flags = VITGEN_API_EXACT_THREADS;
  options.threads = 3;
  vitgen_pool* pool = nullptr;
  ASSERT_EQ(vitgen_api_pool_create(&options, &pool), VITGEN_API_OK);
  void* library = dlopen(VITGEN_RUNTIME_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  run_in(library, pool);
  ASSERT_EQ(dlclose(library), 0);
  EXPECT_EQ(vitgen_api_pool_destroy(pool), VITGEN_API_OK);
}

}  // namespace
}  // namespace vitgen::test
