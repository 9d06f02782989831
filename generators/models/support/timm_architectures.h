#pragma once
// timm_architectures.json, which the build puts into the program.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "generators/base/json.h"

namespace vitgen {

/// The file's text; defined by a source file that CMake writes.
std::string timm_architectures_text();

/// All fields of one architecture ("defaults" overlaid with its own), or nothing.
std::optional<Json> find_timm_architecture(std::string_view name);

/// The arguments of one architecture of timm's TNT, or nothing.
std::optional<Json> find_tnt_architecture(std::string_view name);

/// Their names, sorted.
std::vector<std::string> tnt_architectures();

}  // namespace vitgen
