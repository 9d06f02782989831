#pragma once
// Options that several subcommands read in the same way.

#include <string>
#include <vector>

#include "generators/plan/lower.h"

namespace vitgen {

/// "HxW", or one number for a square; nothing for an empty text. Throws USAGE.
void parse_image(const std::string& text, PlanOptions& plan);

/// The values of all --set options. Throws USAGE where one is given twice.
Fields parse_settings(const std::vector<std::string>& settings);

}  // namespace vitgen
