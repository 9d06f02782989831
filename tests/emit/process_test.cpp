// Running other programs: what their end means.

#include "tools/emit/process.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "generators/base/error.h"
#include "tools/emit/child_process.h"

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

// Starts a program that sleeps, in a process that is then killed; returns how the program ends.
int end_of_an_orphan(const std::function<void(const std::vector<std::string>&)>& run) {
  int ends[2];
  if (::pipe(ends) != 0) return -1;
  const std::string tell = "echo $$ > /dev/fd/" + std::to_string(ends[1]) + "; exec sleep 60";
  const pid_t starter = ::fork();
  if (starter == 0) {
    run({"/bin/sh", "-c", tell});
    ::_exit(0);
  }
  char number[32] = {};
  const bool told = ::read(ends[0], number, sizeof number - 1) > 0;
  ::kill(starter, SIGKILL);
  ::waitpid(starter, nullptr, 0);
  for (const int end : ends) ::close(end);
  int status = -1;
  const pid_t program = told ? std::stoi(number) : 0;
  return ::waitpid(program, &status, 0) == program && told ? status : -1;
}

TEST(Process, EndsAtOnceWithTheProgramThatStartedItEvenIfThatIsKilled) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);  // orphans become children of this process
  const int once = end_of_an_orphan([](const auto& words) { run_process(words); });
  const int session = end_of_an_orphan([](const auto& words) {
    ChildSession child(words);
    child.ask("", 60, {});
  });
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  for (const int status : {once, session}) {
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  }
}

TEST(Process, HasItsStreamsWhateverThisProgramHasOpen) {
  const int input = ::dup(STDIN_FILENO);
  ::close(STDIN_FILENO);  // the next pipe takes its number
  EXPECT_EQ(run_process({"/bin/sh", "-c", "cat; echo out; echo err >&2"}).output, "out\nerr\n");
  ::dup2(input, STDIN_FILENO);
  ::close(input);
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
