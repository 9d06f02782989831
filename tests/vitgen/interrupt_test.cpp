// What a signal leaves behind: nothing, and after kill -9 nothing for longer than the next run.

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>

#include "generators/base/file.h"
#include "tests/vitgen/program.h"
#include "tools/emit/child_process.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

std::string words_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The processes that compile a kernel below `folder`.
std::vector<pid_t> compilers(const fs::path& folder) {
  std::vector<pid_t> found;
  for (const auto& process : fs::directory_iterator("/proc")) {
    const std::string line = words_of(process.path() / "cmdline");
    if (line.find(std::string_view("\0kernel-worker\0", 15)) == line.npos) continue;
    if (line.find(folder.string()) == line.npos) continue;
    found.push_back(std::stoi(process.path().filename().string()));
  }
  return found;
}

std::vector<std::string> left_in(const fs::path& folder) {
  std::vector<std::string> left;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(".vitgen-")) left.push_back(entry.path());
  }
  return left;
}

/// A place with a cache and temporary files of its own.
struct Place {
  explicit Place(const std::string& name) : folder(scratch() / name) {
    for (const char* each : {"cache", "tmp"}) fs::create_directories(folder / each);
  }

  /// Runs vitgen; `look` is called now and then with its process number.
  ChildResult run(const Words& words, const std::function<void(pid_t)>& look) const {
    Words command = {"/bin/sh", "-c",
                     "cd $0 && echo $$ > pid && VITGEN_CACHE=$0/cache TMPDIR=$0/tmp "
                     "VITGEN_TUNING_DB=$0/tuning.db exec \"$@\"",
                     folder, VITGEN_PROGRAM};
    command.insert(command.end(), words.begin(), words.end());
    constexpr double kHung = 250;  // below the limit of a quick test
    return run_child(command, kHung, [&] {
      const std::string number = words_of(folder / "pid");
      if (!number.empty()) look(std::stoi(number));
      return false;
    });
  }

  /// Sends `signal` when kernels have been compiled for a while, to the compilers too as ctrl-C in
  /// a terminal does.
  ChildResult interrupt(int signal, bool to_all, const Words& words) const {
    constexpr int kLooks = 30;  // of 50 ms each: a compiler starts in a third of that
    int seen = 0;
    // A shell's background jobs ignore SIGINT, and so would their children.
    if (signal != SIGKILL) std::signal(signal, SIG_DFL);
    return run(words, [&](pid_t program) {
      const std::vector<pid_t> at_work = compilers(folder);
      if (at_work.empty() || ++seen != kLooks) return;
      for (const pid_t each : at_work) {
        if (to_all) ::kill(each, signal);
      }
      ::kill(program, signal);
    });
  }

  fs::path folder;
};

// Kernels for half a minute.
const Words kLongGenerate = {"generate",
                             "-q",
                             "--arch",
                             "vit_base_patch16_224",
                             "--random-weights",
                             "1",
                             "--name",
                             "slow",
                             "--batch",
                             "1,2,3",
                             "--target",
                             "x86-64-avx2",
                             "-o",
                             "new/folder"};
const Words kLongTune = {"tune",   "-q",      "--arch",   "vit_tiny_patch16_224",
                         "--op",   "linear*", "--budget", "1h",
                         "--jobs", "2"};

class Interrupted : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(All, Interrupted, ::testing::Bool(), [](const auto& each) {
  return std::string(each.param ? "WithItsChildren" : "Alone");
});

TEST_P(Interrupted, GenerateLeavesNothing) {
  const Place place(GetParam() ? "generate_all" : "generate_alone");
  const ChildResult result = place.interrupt(SIGINT, GetParam(), kLongGenerate);
  EXPECT_EQ(result.end, ChildEnd::crashed) << result.output;
  EXPECT_EQ(result.code, SIGINT);
  EXPECT_EQ(left_in(place.folder), Words());
  EXPECT_FALSE(fs::exists(place.folder / "new"));
}

TEST_P(Interrupted, TuneLeavesNothing) {
  const Place place(GetParam() ? "tune_all" : "tune_alone");
  const ChildResult result = place.interrupt(SIGTERM, GetParam(), kLongTune);
  EXPECT_EQ(result.end, ChildEnd::crashed) << result.output;
  EXPECT_EQ(result.code, SIGTERM);
  EXPECT_EQ(left_in(place.folder), Words());
}

TEST(Killed, WhatGenerateLeftGoesWithTheNextEvenIfThatCompilesNothing) {
  const Place place("killed");
  const auto nothing = [](pid_t) {};
  const Words small = {"generate", "-q", "-m", fixture("timm_vit"), "--name", "small",
                       "--emit",   "a",  "-o", "new/folder"};
  EXPECT_EQ(place.run(small, nothing).end, ChildEnd::done);
  EXPECT_EQ(place.interrupt(SIGKILL, false, kLongGenerate).code, SIGKILL);
  EXPECT_NE(left_in(place.folder), Words());
  constexpr int kLooks = 1000;
  for (int i = 0; i < kLooks && !compilers(place.folder).empty(); ++i) ::usleep(1000);
  EXPECT_EQ(compilers(place.folder), std::vector<pid_t>());
  EXPECT_EQ(place.run(small, nothing).end, ChildEnd::done);
  EXPECT_EQ(left_in(place.folder), Words());
}

}  // namespace
}  // namespace vitgen
