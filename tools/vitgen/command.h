#pragma once
// A subcommand is a file in commands/ that defines `void add_<name>(CLI::App&, const Console&)`:
// it adds itself to the program and sets its callback. CMake finds it by its name.

#include <CLI/CLI.hpp>

#include "tools/vitgen/console.h"

namespace vitgen {

/// Adds every subcommand, in the order in which --help shows them.
void add_all_commands(CLI::App& app, const Console& console);

}  // namespace vitgen
