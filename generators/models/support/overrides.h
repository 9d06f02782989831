#pragma once
// What `--set` changes in a network's hyper-parameters.

#include "generators/base/visit.h"

namespace vitgen {

/// `fields` with the caller's laid over them. Throws SET_UNKNOWN, of class usage, for a name that
/// is not among them.
Fields overridden(Fields fields, const Fields& overrides);

}  // namespace vitgen
