#pragma once
// One document and one page from what the parts of a check left in a folder: device.json,
// check_*.json, bench_*.json, roofs_*.json, peers.json, sanitizer.json, skipped.txt. A part that is
// not there is missing in the result, too, and its aims are open.

#include <optional>
#include <string>

#include "generators/base/json.h"

namespace vitgen {

/// Errors: io IO_*, bad_input GPU_PART (a part that is not JSON).
Json gpu_summary(const std::string& folder);

/// What a check comes to: all is right, something is computed wrong, or not all could be looked at.
enum class Verdict { right, wrong, incomplete };
Verdict verdict_of(const Json& summary);

/// As Markdown.
std::string summary_page(const Json& summary);

}  // namespace vitgen
