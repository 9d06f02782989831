#include "tests/schedules/device_code.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <regex>
#include <stdexcept>

#include "generators/base/temp_dir.h"
#include "schedules/rule.h"
#include "tools/emit/kernel_device_extract.h"

namespace vitgen {

DeviceKernel device_code(const OpSpec& spec, const Machine& machine, const Choice& choice) {
  if (auto written = device_kernel(spec, machine, choice)) return std::move(*written);
  const Algorithm algorithm = build(spec, machine, choice);
  const Halide::Target target(std::string(machine.halide_target) +
                              "-no_runtime-user_context-no_bounds_query");
  return extract_device_kernel(pipeline(algorithm).compile_to_module(
      {algorithm.arguments.begin(), algorithm.arguments.end()}, "kernel", target));
}

bool has_assembler() { return VITGEN_PTXAS[0] != '\0'; }

namespace {

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + command);
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, pipe)) text += buffer;
  if (pclose(pipe) != 0) throw std::runtime_error(text);
  return text;
}

int number_after(const std::string& text, const std::regex& words) {
  std::smatch found;
  return std::regex_search(text, found, words) ? std::stoi(found[1]) : 0;
}

}  // namespace

std::vector<AssemblerReport> assemble(const std::string& ptx, const std::string& arch) {
  const TempDir folder(::testing::TempDir());
  const std::string path = folder.path() + "/kernel.ptx";
  std::ofstream(path) << ptx;
  std::string text = output_of(std::string(VITGEN_PTXAS) + " -v -arch=" + arch + " " + path +
                               " -o " + path + ".o");
  std::vector<AssemblerReport> reports;
  const std::regex entry("Compiling entry function '(\\w+)'");
  for (std::smatch found; std::regex_search(text, found, entry);) {
    const std::string name = found[1];
    text = found.suffix();
    const std::string own = text.substr(0, text.find("Compiling entry function"));
    reports.push_back({.entry = name,
                       .registers = number_after(own, std::regex("Used (\\d+) registers")),
                       .stack_bytes = number_after(own, std::regex("(\\d+) bytes stack frame")),
                       .spill_bytes = number_after(own, std::regex("(\\d+) bytes spill stores")) +
                                      number_after(own, std::regex("(\\d+) bytes spill loads")),
                       .shared_bytes = number_after(own, std::regex("(\\d+) bytes smem"))});
  }
  return reports;
}

}  // namespace vitgen
