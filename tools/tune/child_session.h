#pragma once
// A child that times candidates on demand, and a new one when it has ended.

#include <string>
#include <string_view>
#include <vector>

#include "tools/tune/backend.h"

namespace vitgen {

/// How a child begins its answer where a GPU has no memory left: nothing is known of the candidate
/// then.
inline constexpr std::string_view kFullAnswer = "full ";

/// `command` starts the child; `patience`: seconds that an answer may take. `stop` must live
/// longer.
std::unique_ptr<TimingSession> child_session(std::vector<std::string> command, double patience,
                                             const StopRequest& stop);

}  // namespace vitgen
