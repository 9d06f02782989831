#include "tests/microkernels/assembler/assembler.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
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

}  // namespace

bool has_assembler() { return VITGEN_PTXAS[0] != '\0'; }

std::vector<AssemblerReport> assemble(const std::string& ptx, const std::string& arch) {
  const TempDir folder(std::filesystem::temp_directory_path().string());
  const std::string path = folder.path() + "/kernel.ptx";
  std::ofstream(path) << ptx;
  return assembler_reports(output_of(std::string(VITGEN_PTXAS) + " -v -arch=" + arch + " " + path +
                                     " -o " + path + ".o"));
}

}  // namespace vitgen
