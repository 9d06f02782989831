#pragma once
// Shared by the tests of files and text: a scratch directory, and the code of the error of a call.

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "generators/base/error.h"

namespace vitgen::testing {

/// A directory of this test alone, removed at the end.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vitgen-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::string at(std::string_view name) const { return (path_ / name).string(); }

  std::string write(std::string_view name, std::string_view content) const {
    std::ofstream(at(name), std::ios::binary) << content;
    return at(name);
  }

 private:
  std::filesystem::path path_;
};

/// What a call threw: empty code when nothing.
struct Thrown {
  std::string code;
  std::string message;
  std::string hint;
  ExitCode exit = ExitCode::ok;
};

template <class Call>
Thrown thrown_by(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return {error.code(), error.what(), error.hint(), error.exit()};
  }
  return {};
}

/// The code that a call threw; "" when it returned.
template <class Call>
std::string code_of(Call&& call) {
  return thrown_by(call).code;
}

/// Factor for limits of time and memory in a build with sanitizers.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr double sanitizer_slack = 20;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr double sanitizer_slack = 20;
#else
inline constexpr double sanitizer_slack = 1;
#endif
#else
inline constexpr double sanitizer_slack = 1;
#endif

struct Cost {
  int status = 0;  ///< of the child, as wait() gives it
  double cpu_seconds = 0;
  double peak_mib = 0;
};

/// Runs `body`, which returns an exit status, in a forked child.
template <class Body>
Cost cost_of(Body&& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  Cost cost;
  rusage usage{};
  ::wait4(child, &cost.status, 0, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  cost.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  cost.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  return cost;
}

}  // namespace vitgen::testing
