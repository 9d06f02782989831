#pragma once

#include <string_view>

namespace vitgen {

/// "90s", "10m", "1h", "1h30m" in seconds. Throws USAGE naming `option` for anything else, for
/// nothing and for more than 100 hours.
double parse_budget(std::string_view text, std::string_view option);

}  // namespace vitgen
