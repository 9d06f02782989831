#include "generators/models/support/overrides.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "generators/base/error.h"
#include "generators/base/suggest.h"

namespace vitgen {

Fields overridden(Fields fields, const Fields& overrides) {
  std::vector<std::string> known;
  for (const auto& [key, value] : fields.values) known.push_back(key);
  for (const auto& [key, value] : overrides.values) {
    const auto found = std::ranges::find(known, key);
    if (found == known.end()) {
      throw Error(ExitCode::usage, "SET_UNKNOWN",
                  fmt::format("--set {}: no such field", printable(key)),
                  suggestion_hint(key, std::span<const std::string>(known)));
    }
    fields.values[static_cast<std::size_t>(found - known.begin())].second = value;
  }
  return fields;
}

}  // namespace vitgen
