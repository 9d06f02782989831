#pragma once
// Whether what was measured still says something of this program.

#include "schedules/tuning/record.h"

namespace vitgen {

/// Measured with this version of vitgen, of Halide and of the choice's rule. False for unknown
/// rules.
bool is_current(const OpSpec& spec, const Choice& choice, const TuningVersions& versions);

/// The same of a record or a trial.
template <class Measured>
bool is_current(const Measured& measured) {
  return is_current(measured.spec, measured.choice, measured.versions);
}

}  // namespace vitgen
