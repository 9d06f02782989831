#pragma once
// The small files beside a library: for pkg-config, for CMake, and for people.

#include <string>

#include "tools/emit/library.h"

namespace vitgen {

/// What was emitted, which decides what the package files offer.
struct PackageContent {
  bool archive = false;
  bool shared = false;
  bool weights_file = false;
};

std::string pc_text(const LibraryRequest& request, const PackageContent& content);
std::string cmake_config_text(const LibraryRequest& request, const PackageContent& content);
std::string readme_text(const LibraryRequest& request, const PackageContent& content);

}  // namespace vitgen
