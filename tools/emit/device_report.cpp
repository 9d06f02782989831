#include "tools/emit/device_report.h"

#include <charconv>
#include <optional>
#include <regex>

#include "generators/base/error.h"

namespace vitgen {

namespace {

std::optional<int> number_in(const std::string& text, const char* words) {
  std::smatch found;
  if (!std::regex_search(text, found, std::regex(words))) return std::nullopt;
  int number = 0;
  const std::string digits = found[1];
  const auto end = digits.data() + digits.size();
  if (std::from_chars(digits.data(), end, number).ec != std::errc()) return std::nullopt;
  return number;
}

int told_number(const std::string& text, const char* words) {
  if (const auto number = number_in(text, words)) return *number;
  throw Error(
      ExitCode::internal, "ASSEMBLER_REPORT",
      "the assembler does not tell \"" + std::string(words) + "\" in: " + printable(text, 400));
}

std::string losses_in(const std::string& text) {
  std::string losses;
  const std::regex line("[^\\n]*\\(C75\\d\\d\\)[^\\n]*\\n");
  for (std::sregex_iterator i(text.begin(), text.end(), line), end; i != end; ++i) {
    losses += i->str();
  }
  return losses;
}

AssemblerReport report_of(const std::string& entry, const std::string& text) {
  return {.entry = entry,
          .registers = told_number(text, "Used (\\d+) registers"),
          .stack_bytes = told_number(text, "(\\d+) bytes stack frame"),
          .spill_bytes = told_number(text, "(\\d+) bytes spill stores") +
                         told_number(text, "(\\d+) bytes spill loads"),
          // Told only where there is some.
          .shared_bytes = number_in(text, "(\\d+) bytes smem").value_or(0),
          .losses = {}};
}

}  // namespace

std::vector<AssemblerReport> assembler_reports(std::string text) {
  const std::string losses = losses_in(text);
  std::vector<AssemblerReport> reports;
  const std::regex entry("Compiling entry function '(\\w+)'");
  for (std::smatch found; std::regex_search(text, found, entry);) {
    const std::string name = found[1];
    text = std::string(found.suffix());
    reports.push_back(report_of(name, text.substr(0, text.find("Compiling entry function"))));
    reports.back().losses = losses;
  }
  return reports;
}

}  // namespace vitgen
