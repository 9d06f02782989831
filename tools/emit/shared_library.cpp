#include "tools/emit/shared_library.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "generators/base/error.h"
#include "tools/emit/file_names.h"
#include "tools/emit/process.h"

namespace vitgen {
namespace {

/// Options of the linker itself, the same for all of them.
std::vector<std::string> linker_options(const SharedLibraryRequest& request) {
  std::vector<std::string> options = {"-soname",
                                      shared_library_name(request.name),
                                      "-z",
                                      "now",
                                      "-z",
                                      "relro",
                                      "-z",
                                      "noexecstack",
                                      "--gc-sections",
                                      "--build-id=sha1",
                                      "--hash-style=gnu",
                                      "--version-script",
                                      request.version_script};
  if (!request.sanitized) options.emplace_back("--no-undefined");
  return options;
}

/// A path that no program can take for an option.
std::string absolute(const std::string& path) { return std::filesystem::absolute(path).string(); }

std::string first_line(std::string_view text) {
  return printable(text.substr(0, text.find('\n')), 200);
}

}  // namespace

std::string version_script(std::string_view name) {
  return fmt::format("{{ global: {}_*; local: *; }};\n", name);
}

std::vector<Linker> find_linkers() {
  std::vector<Linker> found;
  for (const std::string_view name : kLinkerNames) {
    const std::string path = find_program(std::string(name));
    if (!path.empty()) found.push_back({path, name == kCompilerDriver});
  }
  return found;
}

std::vector<std::string> link_command(const Linker& linker, const SharedLibraryRequest& paths) {
  SharedLibraryRequest request = paths;
  request.archive = absolute(paths.archive);
  request.version_script = absolute(paths.version_script);
  request.output = absolute(paths.output);
  std::vector<std::string> command = {linker.path, "-shared", "-o", request.output};
  const auto add = [&](const std::string& option) {
    if (linker.is_driver) command.push_back("-Xlinker");
    command.push_back(option);
  };
  // Start files bring initialisers and symbols of their own.
  if (linker.is_driver) command.insert(command.end(), {"-nostartfiles", "-pthread"});
  for (const std::string& option : linker_options(request)) add(option);
  add("--whole-archive");
  command.push_back(request.archive);
  add("--no-whole-archive");
  if (!linker.is_driver) {
    // A bare linker knows neither where the C library is nor its development files.
    for (const char* directory : {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64",
                                  "/usr/lib64", "/usr/lib"}) {
      command.push_back(fmt::format("-L{}", directory));
    }
    command.insert(command.end(), {"-l:libc.so.6", "--as-needed", "-l:libm.so.6"});
  }
  return command;
}

LinkResult link_shared_library(const SharedLibraryRequest& request) {
  LinkResult result{{}, fmt::format("no linker found ({})", fmt::join(kLinkerNames, ", "))};
  for (const Linker& linker : find_linkers()) {
    const ProcessResult run = run_process(link_command(linker, request));
    if (run.status == 0) return {linker.path, {}};
    result.message = fmt::format("{} failed: {}", linker.path, first_line(run.output));
    std::error_code ignored;
    std::filesystem::remove(request.output, ignored);
  }
  return result;
}

}  // namespace vitgen
