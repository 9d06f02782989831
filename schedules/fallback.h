#pragma once
// A schedule for any op on any machine: every Func by itself, one scalar loop nest after the
// other. Slow, and the reference that tuned schedules are compared with.

#include "generators/ops/support/ops_table.h"

namespace vitgen {

inline constexpr std::string_view kFallback = "fallback";

Algorithm build_fallback(const OpSpec& spec);

}  // namespace vitgen
