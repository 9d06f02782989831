#pragma once
// What a forked process does with what its parent made.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace vitgen::testing {

// ThreadSanitizer keeps the parent's threads in its books and ends a child that starts new ones.
#if defined(__SANITIZE_THREAD__)
inline constexpr int kThreadsOfChild = 1;
#else
inline constexpr int kThreadsOfChild = 3;
#endif

/// True if every thread but this one sleeps.
inline bool others_sleep() {
  int awake = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string text;
    std::getline(std::ifstream(task.path() / "stat"), text);
    const std::size_t state = text.rfind(") ");  // behind the name, which may hold anything
    awake += state != std::string::npos && text[state + 2] != 'S';
  }
  return awake <= 1;
}

/// A thread that starts or ends is inside ASan's malloc, whose lock a child would inherit for ever:
/// unlike libc's it knows nothing of fork. Threads that are in a run never are.
inline void wait_until_fork_is_safe() {
#if defined(__SANITIZE_ADDRESS__)
  for (int milliseconds = 0; milliseconds < 50 && !others_sleep(); ++milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
#endif
}

/// Runs `child` in a forked process and returns what it returns; -1 if it hung for 10 s or crashed.
template <class Child>
int in_child(Child child) {
  wait_until_fork_is_safe();
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
