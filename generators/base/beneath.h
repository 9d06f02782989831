#pragma once
// Opening a path that came from a file, so that it cannot leave a directory.

#include <string>

#include "generators/base/unique_fd.h"

namespace vitgen {

/// Opens `path` for reading below the directory `root_fd`. `..` is allowed as long as it stays
/// below; symbolic links anywhere, absolute paths and /proc's magic links are not. The kernel
/// resolves the path (openat2), nothing is cleaned as text. On failure the descriptor is invalid
/// and errno is ELOOP for a symbolic link, EXDEV for a path that leaves, or that of open().
UniqueFd open_beneath(int root_fd, const std::string& path);

/// The same, component by component, for kernels before 5.6 and sandboxes that forbid openat2.
UniqueFd walk_beneath(int root_fd, const std::string& path);

}  // namespace vitgen
