#pragma once
// How the program speaks: results on stdout, everything else on stderr.

#include <memory>
#include <string_view>

#include "generators/base/error.h"
#include "tools/emit/progress.h"

namespace vitgen {

/// Flags that every subcommand understands.
struct Console {
  bool quiet = false;
  bool verbose = false;

  std::unique_ptr<Progress> progress() const;
  /// One line on stderr unless quiet.
  void note(std::string_view message) const;
  /// One line on stderr if verbose and not quiet.
  void detail(std::string_view message) const;
};

/// Flushes stdout. Throws io IO_WRITE if a part of the results could not be written.
void finish_output();

/// "error: ..." and "hint: ..." on stderr; returns the exit status.
int report(const Error& error);

}  // namespace vitgen
