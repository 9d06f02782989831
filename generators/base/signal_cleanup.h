#pragma once
// The directories to remove when a signal ends the process. Used by temp_dir.cpp and
// output_set.cpp.

#include <string>

namespace vitgen {

enum class Cleanup {
  tree,             ///< remove the directory with its content
  empty_directory,  ///< remove it only if nothing is left in it
};

/// Remembers a path for the signal handler; returns a slot, or -1 when all are taken or the path is
/// too long (then a signal leaves the directory behind).
int remember_for_cleanup(const std::string& path, Cleanup how);

/// Forgets a slot; -1 is allowed.
void forget_cleanup(int slot);

}  // namespace vitgen
