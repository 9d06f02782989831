// Kernels in processes of their own: what lies in the cache while they are compiled and after.

#include "tools/emit/kernel_farm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <set>

#include "generators/base/error.h"
#include "generators/ops/layer_norm.h"
#include "tests/emit/in_worker.h"
#include "tests/emit/tiny_library.h"
#include "tools/emit/kernel_record.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using testing::file_text;
using testing::ScratchDirectory;
using ::testing::UnorderedElementsAre;

KernelRequest tiny_kernel() {
  const OpSpec spec = op_spec(LayerNormSpec{.rows = 2, .width = 16, .eps = 1e-6f});
  return {.spec = spec,
          .machine = "cpu_avx2",
          .choice = choose_default(spec, find_machine("cpu_avx2")),
          .features = {},
          .instructions = {}};
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

pid_t run_worker(const std::string& request, const std::string& object,
                 const std::function<void(pid_t)>& before) {
  return testing::in_worker([&](pid_t own) {
    before(own);
    run_kernel_worker(request, object, {});
  });
}

// Two containers may have one process number and share a cache.
TEST(KernelWorker, LeavesFilesOfAnEqualProcessNumberAlone) {
  const ScratchDirectory requests, cache;
  std::ofstream(requests.path("request")) << tiny_kernel().text();
  const auto name_of = [](pid_t worker) { return "kernel.o." + std::to_string(worker); };
  const pid_t worker = run_worker(requests.path("request"), cache.path("kernel.o"), [&](pid_t own) {
    std::ofstream(cache.path(name_of(own))) << "half of an object";
  });
  const std::string foreign = name_of(worker);
  EXPECT_EQ(file_text(cache.path(foreign)), "half of an object");
  EXPECT_TRUE(read_record(cache.path("kernel.o")));
  EXPECT_THAT(names_in(cache.path()), UnorderedElementsAre("kernel.o", "kernel.o.kernel", foreign));
}

std::string code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

TEST(KernelFarm, AWorkerThatASignalEndsIsACrashOfThatKernel) {
  const ScratchDirectory scratch;
  const std::string worker = scratch.path("worker");
  std::ofstream(worker) << "#!/bin/sh\nkill -SEGV $$\n";
  fs::permissions(worker, fs::perms::owner_all);
  const KernelRequest request = tiny_kernel();
  SilentProgress progress;
  const FarmOptions options{.worker = worker, .cache = scratch.path("cache"), .jobs = 1};
  EXPECT_EQ(code_of([&] { compile_kernels({&request, 1}, options, progress); }), "KERNEL_CRASH");
}

TEST(KernelRequest, WithoutAFieldOrWithAnUnknownRuleIsRefused) {
  EXPECT_EQ(code_of([] { KernelRequest::parse("op: pool(batch=1)\n"); }), "KERNEL_REQUEST");
  const ScratchDirectory scratch;
  KernelRequest request = tiny_kernel();
  request.choice.rule = "cpu/nosuch";
  const KernelFiles files{.object = scratch.path("kernel.o"), .assembly = {}, .stmt = {}};
  EXPECT_EQ(code_of([&] { compile_kernel(request, files); }), "UNKNOWN_RULE");
}

TEST(KernelRequest, HashCoversWhatDecidesTheBytesAndNotWhoBuiltTheProgram) {
  const KernelRequest plain = tiny_kernel();
  std::set<std::string> hashes = {plain.hash(), plain.cache_key()};
  KernelRequest other = plain;
  other.spec = op_spec(LayerNormSpec{.rows = 3, .width = 16, .eps = 1e-6f});
  hashes.insert(other.hash());
  other = plain;
  other.machine = "cpu_avx512";
  hashes.insert(other.hash());
  other = plain;
  other.choice = {"fallback", {}};
  hashes.insert(other.hash());
  other = plain;
  other.features = "-asan";
  hashes.insert(other.hash());
  other = plain;
  other.instructions = "cpu_avx2";
  hashes.insert(other.hash());
  EXPECT_EQ(hashes.size(), 7u);
  EXPECT_EQ(plain.hash(), tiny_kernel().hash());
}

TEST(KernelFarm, KeepsItsRequestsInADirectoryOfItsOwnAndRemovesIt) {
  const ScratchDirectory scratch;
  const fs::path cache = scratch.path("cache");
  const std::string worker = scratch.path("worker");
  std::ofstream(worker) << "#!/bin/sh\necho \"$2\" > " << scratch.path("seen") << "\nexit 3\n";
  fs::permissions(worker, fs::perms::owner_all);
  const KernelRequest request = tiny_kernel();
  SilentProgress progress;
  try {
    compile_kernels({&request, 1}, {.worker = worker, .cache = cache, .jobs = 1}, progress);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "KERNEL_COMPILE");
  }
  std::string seen = file_text(scratch.path("seen"));
  seen.pop_back();
  EXPECT_EQ(fs::path(seen).parent_path().parent_path(), cache);
  EXPECT_EQ(fs::path(seen).filename(), request.cache_key() + ".request");
  EXPECT_TRUE(fs::is_empty(cache));
}

}  // namespace
}  // namespace vitgen
