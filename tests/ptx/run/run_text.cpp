#include "tests/ptx/run_text.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

#include "tests/ptx/parse/program.h"

namespace vitgen::ptx {

namespace {

Module parsed(std::string_view text) {
  static std::mutex mutex;
  static std::map<std::string, Module, std::less<>> modules;
  const std::lock_guard lock(mutex);
  const auto known = modules.find(text);
  if (known != modules.end()) return known->second;
  return modules.emplace(std::string(text), parse(text)).first->second;
}

void check_sizes(const Module& module, const TextLaunch& launch) {
  const auto function = module.program().entries.find(launch.entry);
  if (function == module.program().entries.end()) return;  // run() says so
  const std::vector<Parameter>& parameters = function->second.parameters;
  for (std::size_t p = 0; p < std::min(parameters.size(), launch.arguments.size()); ++p) {
    if (parameters[p].size != launch.arguments[p].size()) {
      throw std::runtime_error(fmt::format("{}: {} has {} bytes, {} are declared", launch.entry,
                                           parameters[p].name, launch.arguments[p].size(),
                                           parameters[p].size));
    }
  }
}

}  // namespace

std::uint64_t run_text(const TextLaunch& launch, const Memory& memory) {
  const Module module = parsed(launch.text);
  check_sizes(module, launch);
  std::vector<const void*> parameters;
  for (const std::vector<std::byte>& each : launch.arguments) parameters.push_back(each.data());
  return run(module,
             {.entry = launch.entry,
              .grid = launch.grid,
              .block = launch.block,
              .shared_bytes = launch.shared_bytes,
              .parameters = parameters},
             memory);
}

}  // namespace vitgen::ptx
