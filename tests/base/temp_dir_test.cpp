#include "generators/base/temp_dir.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/base/support.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using testing::Scratch;

// Makes and drops directories in `parent` as runs that share a kernel cache do; false when one of
// them was taken away while it was in use.
bool use_directories(const std::string& parent, int count) {
  for (int i = 0; i < count; ++i) {
    const TempDir directory(parent);
    const fs::path file = fs::path(directory.path()) / "request";
    if (!std::ofstream(file).put('x').flush() || !fs::exists(file)) return false;
  }
  return true;
}

TEST(TempDir, IsNeverTakenForAbandonedByAnotherProcess) {
  const Scratch parent;
  std::vector<pid_t> children;
  for (int process = 0; process < 6; ++process) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(use_directories(parent.path().string(), 400) ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_TRUE(fs::is_empty(parent.path()));
}

TEST(TempDir, OfADeadProcessGoesWithTheNext) {
  const Scratch parent;
  const pid_t child = ::fork();
  if (child == 0) {
    const TempDir directory(parent.path().string());
    ::_exit(0);  // without its destructor, as after kill -9
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(fs::is_empty(parent.path()));
  {
    const TempDir next(parent.path().string());
  }
  EXPECT_TRUE(fs::is_empty(parent.path()));
}

}  // namespace
}  // namespace vitgen
