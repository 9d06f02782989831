#pragma once
// Runs the vitgen program in a directory of the test's own.

#include <filesystem>
#include <string>
#include <vector>

#include "generators/base/temp_dir.h"
#include "tools/emit/process.h"

namespace vitgen {

/// `vitgen` with these arguments; stdout and stderr together.
ProcessResult run_vitgen(std::vector<std::string> arguments);

/// run_vitgen that must succeed; a failure is reported with the program's words.
std::string must_run(std::vector<std::string> arguments);

std::string fixture(const std::string& name);

/// The library of a fixture, generated once per test process: /tmp directory that ends with it.
std::string library_of(const std::string& fixture_name, const std::vector<std::string>& more = {});

/// A small model's library for batches of 2. In a sanitizer build its kernels have Halide's own
/// sanitizer features: without them the sanitizer sees nothing of what they do.
std::string sanitized_library();

/// Normally distributed values, the same for the same seed.
std::vector<float> noise(std::size_t count, unsigned seed);

/// Where this process may write.
std::filesystem::path scratch();

}  // namespace vitgen
