#include "tools/emit/assembler.h"

#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/base/file.h"
#include "generators/base/output_set.h"
#include "generators/base/temp_dir.h"
#include "tools/emit/kernel_object_code.h"
#include "tools/emit/process.h"

namespace vitgen {

Assembler assembler_at(const std::string& path) {
  // "Cuda compilation tools, release 13.0, V13.0.88"
  constexpr std::string_view kBefore = ", V";
  const std::string text = run_process({path, "--version"}).output;
  const std::size_t found = text.find(kBefore);
  if (found == text.npos) return {};
  const std::size_t begin = found + kBefore.size();
  const std::size_t end = text.find_first_not_of("0123456789.", begin);
  return {path, "ptxas " + text.substr(begin, end - begin)};
}

std::string architecture(const Machine& machine) {
  return fmt::format("sm_{}{}", machine.capability, machine.only_capability != 0 ? "a" : "");
}

namespace {

// What the words are for, a library does without: they are no part of what is promised of the
// program, and another version may choose others.
std::vector<AssemblerReport> reports_if_told(const std::string& words) try {
  return assembler_reports(words);
} catch (const Error&) {
  return {};
}

// Of the words of a program that failed the first that are not about what went well.
std::string first_complaint(const std::string& words) {
  constexpr std::string_view kInfo = "ptxas info";
  std::size_t at = 0;
  while (words.compare(at, kInfo.size(), kInfo) == 0 && words.find('\n', at) != words.npos) {
    at = words.find('\n', at) + 1;
  }
  return words.substr(at, words.find('\n', at) - at);
}

}  // namespace

AssembledCode assemble(const std::string& path, const std::string& ptx, const Machine& machine) {
  const TempDir directory(temporary_directory());
  const std::string source = directory.path() + "/kernel.ptx";
  const std::string target = directory.path() + "/kernel.cubin";
  write_aside(source, ptx);
  const ProcessResult result =
      run_process({path, "-arch=" + architecture(machine), source, "-o", target, "-v"});
  if (result.status != 0) {
    throw Error(ExitCode::internal, "KERNEL_ASSEMBLER",
                fmt::format("the assembler refuses the code for {}: {}", architecture(machine),
                            printable(first_complaint(result.output), 300)));
  }
  return {.cubin = read_whole(target, kMaxObjectBytes), .reports = reports_if_told(result.output)};
}

}  // namespace vitgen
