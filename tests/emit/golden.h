#pragma once
// Small texts whose every change should be seen in review. `VITGEN_UPDATE_GOLDEN=1` rewrites them.

#include <string>

namespace vitgen::testing {

/// Compares with tests/golden/<name>.
void expect_golden(const std::string& name, const std::string& text);

/// Each run of 12 or 64 hexadecimal digits as <hash>, and this build's versions as <version>.
std::string without_hashes(const std::string& text);

}  // namespace vitgen::testing
