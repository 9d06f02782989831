#pragma once
// Whether a choice that came from a file or a database can be what a kernel is made by.

#include <span>

#include "schedules/machine.h"
#include "schedules/rule.h"
#include "schedules/tuning/record.h"

namespace vitgen {

/// Throws UNKNOWN_RULE, or KNOBS_ILLEGAL: the rule is not for this machine, a knob is unknown or
/// missing, or the rule or Halide refuses the values. Compiles nothing.
void check_choice(const OpSpec& spec, const Machine& machine, const Choice& choice);

/// What import demands: records of this program's versions must name a machine, an op and a choice
/// that exist; those of other versions are only kept. Throws TUNE_RECORD naming the record. Each
/// choice is checked once, however many records name it.
void check_importable(std::span<const TuningRecord> records);

}  // namespace vitgen
