// Kernels in processes of their own: what lies in the cache while they are compiled and after.

#include "tools/emit/kernel_farm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "generators/base/error.h"
#include "generators/ops/layer_norm.h"
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

// Two containers may have one process number and share a cache.
TEST(KernelWorker, LeavesFilesOfAnEqualProcessNumberAlone) {
  const ScratchDirectory requests, cache;
  const std::string foreign = "kernel.o." + std::to_string(getpid());
  std::ofstream(cache.path(foreign)) << "half of an object";
  std::ofstream(requests.path("request")) << tiny_kernel().text();
  run_kernel_worker(requests.path("request"), cache.path("kernel.o"));
  EXPECT_EQ(file_text(cache.path(foreign)), "half of an object");
  EXPECT_TRUE(read_record(cache.path("kernel.o")));
  EXPECT_THAT(names_in(cache.path()), UnorderedElementsAre("kernel.o", "kernel.o.kernel", foreign));
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
  EXPECT_EQ(fs::path(seen).filename(), request.hash() + ".request");
  EXPECT_TRUE(fs::is_empty(cache));
}

}  // namespace
}  // namespace vitgen
