#include "tools/emit/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "generators/base/error.h"

namespace vitgen {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostOutput = 64 * 1024;
constexpr int kPollMs = 50;       // between looks at the clock and the StopRequest
constexpr int kUnknownEnd = 127;  // as a shell reports a program that could not run

struct Pipe {
  UniqueFd reader, writer;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw Error(ExitCode::resources, "SPAWN", "no pipe to be had: " + std::string(strerror(errno)));
  }
  return {.reader = UniqueFd(ends[0]), .writer = UniqueFd(ends[1])};
}

// What a child has for stdin, stdout and stderr. `input` -1: nothing to read. `errors` -1: stderr
// goes nowhere.
struct Streams {
  int input = -1, output = -1, errors = -1;
};

bool place(int fd, int flags, int target) {
  const int source = fd >= 0 ? fd : ::open("/dev/null", flags | O_CLOEXEC);
  if (source < 0) return false;
  // What is in its place already must still be let through exec.
  return source == target ? ::fcntl(source, F_SETFD, 0) == 0 : ::dup2(source, target) >= 0;
}

// In the child of a program with threads: only calls that a signal handler may make.
[[noreturn]] void become(char* const* argv, const Streams& streams, pid_t parent, int failure) {
  // Nobody would use what an orphan computes. If the parent is gone already, no signal will come.
  const bool guarded = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
  if (::getppid() != parent) ::_exit(kUnknownEnd);
  if (guarded && place(streams.input, O_RDONLY, STDIN_FILENO) &&
      place(streams.output, O_WRONLY, STDOUT_FILENO) &&
      place(streams.errors, O_WRONLY, STDERR_FILENO)) {
    ::execve(argv[0], argv, environ);
  }
  const int error_number = errno;
  [[maybe_unused]] const ssize_t told = ::write(failure, &error_number, sizeof error_number);
  ::_exit(kUnknownEnd);
}

// posix_spawn would be shorter, but cannot tie the child's life to ours.
pid_t spawn(const std::vector<std::string>& arguments, const Streams& streams) {
  std::vector<char*> argv;
  for (const std::string& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);
  Pipe failure = make_pipe();  // closed by exec, or with an error number in it
  const pid_t own = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become(argv.data(), streams, own, failure.writer.get());
  int error_number = child < 0 ? errno : 0;
  failure.writer = UniqueFd();
  if (child > 0) {
    ssize_t size = -1;
    do {
      size = ::read(failure.reader.get(), &error_number, sizeof error_number);
    } while (size < 0 && errno == EINTR);
    if (size <= 0) return child;
    ::waitpid(child, nullptr, 0);
  }
  throw Error(ExitCode::resources, "SPAWN",
              "cannot run " + printable(arguments[0]) + ": " + strerror(error_number));
}

// A child that is over already needs none.
void limit(pid_t child, decltype(RLIMIT_AS) what, std::uint64_t most) {
  if (most == 0) return;
  const rlimit value = {most, most};
  ::prlimit(child, what, &value, nullptr);
}

enum class Wait { data, closed, timed_out, stopped };

// Appends what there is to `text`, waiting for it until `end`.
Wait read_some(int fd, Clock::time_point end, const StopRequest& stop, std::string& text) {
  for (;;) {
    if (stop && stop()) return Wait::stopped;
    if (Clock::now() >= end) return Wait::timed_out;
    pollfd ready = {fd, POLLIN, 0};
    if (::poll(&ready, 1, kPollMs) <= 0) continue;
    char buffer[4096];
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return Wait::closed;
    const std::size_t room = kMostOutput - std::min(kMostOutput, text.size());
    text.append(buffer, std::min(room, static_cast<std::size_t>(size)));
    return Wait::data;
  }
}

Clock::time_point after(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(
                            std::chrono::duration<double>(std::min(seconds, 1e6)));
}

// Reaps the child, killed before if it was to end.
void reap(pid_t child, ChildEnd why, ChildResult& result) {
  if (why != ChildEnd::done) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno == EINTR) continue;
    // ECHILD where this program's parent ignores SIGCHLD: nobody knows how it ended.
    result.end = ChildEnd::failed;
    result.code = kUnknownEnd;
    return;
  }
  result.end = why;
  if (why != ChildEnd::done) return;
  result.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  if (WIFSIGNALED(status)) {
    result.end = ChildEnd::crashed;
  } else if (result.code != 0) {
    result.end = ChildEnd::failed;
  }
}

ChildEnd reason(Wait wait) {
  switch (wait) {
    case Wait::timed_out:
      return ChildEnd::timed_out;
    case Wait::stopped:
      return ChildEnd::stopped;
    case Wait::data:
    case Wait::closed:
      break;
  }
  return ChildEnd::done;
}

}  // namespace

ChildResult run_child(const std::vector<std::string>& arguments, double seconds,
                      const StopRequest& stop, const ChildLimits& limits) {
  Pipe pipe = make_pipe();
  const pid_t child = spawn(arguments, {.output = pipe.writer.get(), .errors = pipe.writer.get()});
  limit(child, RLIMIT_AS, limits.memory_bytes);
  limit(child, RLIMIT_CPU, limits.cpu_seconds);
  pipe.writer = UniqueFd();
  ChildResult result;
  const auto end = after(seconds);
  Wait wait = Wait::data;
  while (wait == Wait::data) wait = read_some(pipe.reader.get(), end, stop, result.output);
  reap(child, reason(wait), result);
  return result;
}

ChildSession::ChildSession(const std::vector<std::string>& arguments) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  child_ = spawn(arguments, {.input = in.reader.get(), .output = out.writer.get()});
  to_ = std::move(in.writer);
  from_ = std::move(out.reader);
}

ChildSession::~ChildSession() {
  if (child_ > 0) finish(ChildEnd::stopped);
}

void ChildSession::finish(ChildEnd why) { reap(std::exchange(child_, -1), why, result_); }

std::optional<std::string> ChildSession::ask(std::string_view line, double seconds,
                                             const StopRequest& stop) {
  if (child_ <= 0) return std::nullopt;
  if (!line.empty()) {
    const std::string text = std::string(line) + "\n";
    // A child that is gone gives EPIPE; its end is found below.
    [[maybe_unused]] const ssize_t written = ::write(to_.get(), text.data(), text.size());
  }
  const auto end = after(seconds);
  Wait wait = Wait::data;
  while (pending_.find('\n') == std::string::npos && wait == Wait::data) {
    wait = read_some(from_.get(), end, stop, pending_);
  }
  const std::size_t newline = pending_.find('\n');
  if (newline == std::string::npos) {
    finish(reason(wait));
    return std::nullopt;
  }
  std::string answer = pending_.substr(0, newline);
  pending_.erase(0, newline + 1);
  return answer;
}

std::string describe(const ChildResult& result) {
  switch (result.end) {
    case ChildEnd::done:
      return "ended early";
    case ChildEnd::failed:
      return fmt::format("exit status {}", result.code);
    case ChildEnd::crashed:
      return fmt::format("signal {} ({})", result.code, strsignal(result.code));
    case ChildEnd::timed_out:
      return "no answer in time";
    case ChildEnd::stopped:
      return "stopped";
  }
  return {};
}

}  // namespace vitgen
