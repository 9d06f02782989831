#include "tools/vitgen/console.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

namespace vitgen {

namespace {

// Where stderr is closed or full nobody reads; that must not change what the program does.
void say(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

bool use_colour() {
  const char* off = std::getenv("NO_COLOR");
  return isatty(STDERR_FILENO) != 0 && !(off && *off);
}
}  // namespace

std::unique_ptr<Progress> Console::progress() const {
  return make_progress(stderr, progress_style(stderr, quiet));
}

void Console::note(std::string_view message) const {
  if (!quiet) say(fmt::format("{}\n", message));
}

void Console::detail(std::string_view message) const {
  if (verbose && !quiet) say(fmt::format("{}\n", message));
}

void finish_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.flush().good()) return;
  throw Error(ExitCode::io, "IO_WRITE", "standard output cannot be written");
}

int report(const Error& error) {
  const bool colour = use_colour();
  say(fmt::format("{}error:{} {}\n", colour ? "\033[1;31m" : "", colour ? "\033[0m" : "",
                  error.what()));
  if (!error.hint().empty()) say(fmt::format("hint: {}\n", error.hint()));
  return static_cast<int>(error.exit());
}

}  // namespace vitgen
