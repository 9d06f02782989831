#include "tools/emit/process.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <limits>

#include "tools/emit/child_process.h"

namespace vitgen {

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
  ChildResult child = run_child(arguments, std::numeric_limits<double>::infinity(), {});
  const bool crashed = child.end == ChildEnd::crashed;
  return {.status = crashed ? 128 + child.code : child.code, .output = std::move(child.output)};
}

}  // namespace vitgen
