// Running other programs: what their end means.

#include "tools/emit/process.h"

#include <gtest/gtest.h>

#include <csignal>

#include "generators/base/error.h"

namespace vitgen {
namespace {

TEST(Process, EndOfTheProgramIsItsStatusOrSignal) {
  EXPECT_EQ(run_process({"/bin/sh", "-c", "exit 3"}).status, 3);
  EXPECT_EQ(run_process({"/bin/sh", "-c", "kill -9 $$"}).status, 128 + SIGKILL);
}

TEST(Process, ThatCannotBeStartedIsNamed) {
  try {
    run_process({"/nonexistent/program"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "SPAWN");
    EXPECT_NE(std::string(error.what()).find("/nonexistent/program"), std::string::npos);
  }
}

TEST(Process, WhoseEndCannotBeKnownHasNotSucceeded) {
  // Inherited from a parent that ignores SIGCHLD: the kernel then keeps no status.
  auto* before = std::signal(SIGCHLD, SIG_IGN);
  const ProcessResult result = run_process({"/bin/sh", "-c", "exit 0"});
  std::signal(SIGCHLD, before);
  EXPECT_NE(result.status, 0);
}

}  // namespace
}  // namespace vitgen
