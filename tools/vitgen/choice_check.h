#pragma once
// Whether a choice that came from a file or a database can be what a kernel is made by.

#include "schedules/machine.h"
#include "schedules/rule.h"
#include "schedules/tuning/record.h"

namespace vitgen {

/// Throws UNKNOWN_RULE, or KNOBS_ILLEGAL: the rule is not for this machine, a knob is unknown or
/// missing, or the rule or Halide refuses the values. Compiles nothing.
void check_choice(const OpSpec& spec, const Machine& machine, const Choice& choice);

/// Whether a record was made with the versions that this program is of. False for unknown rules.
bool is_current(const TuningRecord& record);

/// What import demands: a record of this program's versions must name a machine, an op and a choice
/// that exist; one of other versions is only kept. Throws TUNE_RECORD naming the record.
void check_importable(const TuningRecord& record);

}  // namespace vitgen
