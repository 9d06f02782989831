#pragma once
// Where the time of a run goes.

#include <string>

#include "tools/report/kinds.h"

namespace vitgen {

/// One bar per cell, divided by op: shares of the time of all steps.
std::string share_chart(const BenchRecord& record, const Kinds& kinds, double width,
                        std::string_view style);

/// A run from its first step to its last: each step as wide as its time.
std::string step_strip(const CellTimes& cell, const Kinds& kinds, double width,
                       std::string_view style);

}  // namespace vitgen
