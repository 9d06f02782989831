#include "tools/emit/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "generators/base/error.h"
#include "generators/base/unique_fd.h"

namespace vitgen {
namespace {

[[noreturn]] void spawn_error(const std::string& program, int error_number) {
  throw Error(ExitCode::resources, "SPAWN",
              fmt::format("cannot run {}: {}", printable(program), std::strerror(error_number)));
}

std::string read_all(int fd) {
  constexpr std::size_t kLimit = 64 * 1024;
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    const std::size_t room = kLimit - text.size();
    text.append(buffer, std::min(room, static_cast<std::size_t>(size)));
  }
}

constexpr int kUnknownEnd = 127;  // as a shell reports a program that could not run

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    // ECHILD where the parent ignores SIGCHLD: how the child ended is not known, so it failed.
    if (errno != EINTR) return kUnknownEnd;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

std::string find_program(const std::string& name) {
  const char* variable = std::getenv("PATH");
  std::string_view path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  while (!path.empty()) {
    const std::size_t colon = path.find(':');
    const std::string candidate = fmt::format("{}/{}", path.substr(0, colon), name);
    struct stat info{};
    const bool file =
        candidate.front() == '/' && ::stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode);
    if (file && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    path = colon == path.npos ? std::string_view{} : path.substr(colon + 1);
  }
  return {};
}

ProcessResult run_process(const std::vector<std::string>& arguments) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) spawn_error(arguments[0], errno);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, writer.get(), STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const int error_number = ::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error_number != 0) spawn_error(arguments[0], error_number);

  writer = UniqueFd();
  ProcessResult result;
  result.output = read_all(reader.get());
  result.status = wait_for(child);
  return result;
}

}  // namespace vitgen
