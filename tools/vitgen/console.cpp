#include "tools/vitgen/console.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace vitgen {

namespace {
bool use_colour() {
  const char* off = std::getenv("NO_COLOR");
  return isatty(STDERR_FILENO) != 0 && !(off && *off);
}
}  // namespace

std::unique_ptr<Progress> Console::progress() const {
  return make_progress(stderr, progress_style(stderr, quiet));
}

void Console::note(std::string_view message) const {
  if (!quiet) fmt::print(stderr, "{}\n", message);
}

void Console::detail(std::string_view message) const {
  if (verbose) fmt::print(stderr, "{}\n", message);
}

int report(const Error& error) {
  const bool colour = use_colour();
  fmt::print(stderr, "{}error:{} {}\n", colour ? "\033[1;31m" : "", colour ? "\033[0m" : "",
             error.what());
  if (!error.hint().empty()) fmt::print(stderr, "hint: {}\n", error.hint());
  return static_cast<int>(error.exit());
}

}  // namespace vitgen
