#include "tests/microkernels/assembler.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>

namespace vitgen {

namespace {

int number_in(const std::string& text, const std::string& pattern) {
  std::smatch found;
  return std::regex_search(text, found, std::regex(pattern)) ? std::stoi(found[1]) : -1;
}

}  // namespace

bool has_assembler() { return std::string(VITGEN_PTXAS) != ""; }

AssemblerReport assemble(const std::string& ptx, const std::string& architecture) {
  const std::string path = ::testing::TempDir() + "assembled_" + std::to_string(getpid());
  std::ofstream(path) << ptx;
  AssemblerReport report;
  FILE* pipe = popen((std::string(VITGEN_PTXAS) + " -v -arch=" + architecture + " " + path +
                      " -o " + path + ".cubin 2>&1")
                         .c_str(),
                     "r");
  if (!pipe) return report;
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, pipe)) report.text += buffer;
  report.assembled = pclose(pipe) == 0;
  std::filesystem::remove(path);
  std::filesystem::remove(path + ".cubin");
  report.registers = number_in(report.text, "Used (\\d+) registers");
  report.spilled_bytes = number_in(report.text, "(\\d+) bytes stack frame") +
                         number_in(report.text, "(\\d+) bytes spill stores") +
                         number_in(report.text, "(\\d+) bytes spill loads");
  return report;
}

}  // namespace vitgen
