#pragma once
// Finds and runs another program that is trusted to end.

#include <string>
#include <vector>

namespace vitgen {

struct ProcessResult {
  int status = -1;     ///< exit status; 128 + signal number if one ended it
  std::string output;  ///< what it wrote to stdout and stderr, at most 64 KiB
};

/// The first directory of PATH that holds an executable file of this name, with the name; or empty.
std::string find_program(const std::string& name);

/// Waits for the end of `arguments[0]` (a path), as run_child does. Throws resources SPAWN.
ProcessResult run_process(const std::vector<std::string>& arguments);

}  // namespace vitgen
