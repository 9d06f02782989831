#include "tests/microkernels/assembler/assembler.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <stdexcept>

#include "generators/base/temp_dir.h"

namespace vitgen {

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

std::optional<int> number_in(const std::string& text, const char* words) {
  std::smatch found;
  if (!std::regex_search(text, found, std::regex(words))) return std::nullopt;
  return std::stoi(found[1]);
}

int told_number(const std::string& text, const char* words) {
  if (const auto number = number_in(text, words)) return *number;
  throw std::runtime_error("no " + std::string(words) + " in: " + text);
}

// Such a line stands before or after those about its entry, and names it.
bool serializes(const std::string& entry, const std::string& text) {
  const std::regex line(
      "(wgmma\\.mma_async instructions are serialized|"
      "warpgroup\\.wait is injected)[^\n]*'" +
      entry + "'");
  return std::regex_search(text, line);
}

AssemblerReport report_of(const std::string& entry, const std::string& text) {
  return {.entry = entry,
          .registers = told_number(text, "Used (\\d+) registers"),
          .stack_bytes = told_number(text, "(\\d+) bytes stack frame"),
          .spill_bytes = told_number(text, "(\\d+) bytes spill stores") +
                         told_number(text, "(\\d+) bytes spill loads"),
          // Told only where there is some.
          .shared_bytes = number_in(text, "(\\d+) bytes smem").value_or(0),
          .serializes_products = false};
}

}  // namespace

bool has_assembler() { return VITGEN_PTXAS[0] != '\0'; }

std::vector<AssemblerReport> assemble(const std::string& ptx, const std::string& arch) {
  const TempDir folder(std::filesystem::temp_directory_path().string());
  const std::string path = folder.path() + "/kernel.ptx";
  std::ofstream(path) << ptx;
  const std::string all = output_of(std::string(VITGEN_PTXAS) + " -v -arch=" + arch + " " + path +
                                    " -o " + path + ".o");
  std::string text = all;
  std::vector<AssemblerReport> reports;
  const std::regex entry("Compiling entry function '(\\w+)'");
  for (std::smatch found; std::regex_search(text, found, entry);) {
    const std::string name = found[1];
    text = std::string(found.suffix());
    reports.push_back(report_of(name, text.substr(0, text.find("Compiling entry function"))));
    reports.back().serializes_products = serializes(name, all);
  }
  return reports;
}

}  // namespace vitgen
