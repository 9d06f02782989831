#pragma once
// A schedule for any op on any machine: every Func by itself, one scalar loop nest after the
// other; on a GPU one thread per element. Slow, and the reference that tuned schedules are compared
// with.

#include "generators/ops/support/ops_table.h"
#include "schedules/machine.h"

namespace vitgen {

inline constexpr std::string_view kFallback = "fallback";

/// Schedules any definition that has not been scheduled.
void apply_fallback(Algorithm& algorithm, const Machine& machine);

/// The op's plain form with this schedule.
Algorithm build_fallback(const OpSpec& spec, const Machine& machine);

}  // namespace vitgen
