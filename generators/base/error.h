#pragma once
// The one error type of the generator and its tool: a code that tests can name, one line for a
// person, and a hint that says what to do about it.

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace vitgen {

/// Exit status of the `vitgen` program; `docs/cli.md` has the same table for people.
enum class ExitCode : int {
  ok = 0,
  check_failed = 1,
  usage = 2,
  bad_input = 3,
  io = 4,
  resources = 5,
  target = 6,
  internal = 70,
};

/// Thrown by everything in `generators`, `schedules` and `tools`; caught once, in `main`.
///
/// `code` is a stable upper-case word such as `ST_OVERLAP`. `what()` is one line without a final
/// full stop. `hint` may be empty.
class Error : public std::runtime_error {
 public:
  Error(ExitCode exit, std::string_view code, const std::string& message, std::string hint = {})
      : std::runtime_error(message), exit_(exit), code_(code), hint_(std::move(hint)) {}

  ExitCode exit() const { return exit_; }
  const std::string& code() const { return code_; }
  const std::string& hint() const { return hint_; }

 private:
  ExitCode exit_;
  std::string code_;
  std::string hint_;
};

/// Text that came from a file or a command line, made safe to print on one line: control
/// characters and invalid UTF-8 become `\xNN`, and anything past `limit` bytes becomes `...`.
std::string printable(std::string_view text, std::size_t limit = 120);

}  // namespace vitgen
