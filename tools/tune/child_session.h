#pragma once
// A child that times candidates on demand, and a new one when it has ended.

#include <string>
#include <vector>

#include "tools/tune/backend.h"

namespace vitgen {

/// `command` starts the child; `patience`: seconds that an answer may take. `stop` must live
/// longer.
std::unique_ptr<TimingSession> child_session(std::vector<std::string> command, double patience,
                                             const StopRequest& stop);

}  // namespace vitgen
