#pragma once
// What a forked process does with what its parent made.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace vitgen::testing {

// ThreadSanitizer keeps the parent's threads in its books and ends a child that starts new ones.
#if defined(__SANITIZE_THREAD__)
inline constexpr int kThreadsOfChild = 1;
#else
inline constexpr int kThreadsOfChild = 3;
#endif

/// Runs `child` in a forked process and returns what it returns; -1 if it hung for 10 s or crashed.
template <class Child>
int in_child(Child child) {
  const pid_t pid = fork();
  if (pid == 0) _exit(child());
  for (int hundredths = 0; hundredths < 1000; ++hundredths) {
    int status = 0;
    if (waitpid(pid, &status, WNOHANG) == pid) {
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  return -1;
}

}  // namespace vitgen::testing
