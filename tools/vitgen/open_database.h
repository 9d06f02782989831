#pragma once
// Tuning databases that commands only read, by what the command line calls them.

#include <optional>
#include <string>

#include "schedules/tuning/database.h"

namespace vitgen {

/// Throws io TUNE_DB_OPEN if there is no such file, and what opening a database throws.
TuningDatabase open_named_database(const std::string& path);

/// `named`, which must be there; empty: the user's own, if there is one.
std::optional<TuningDatabase> open_database(const std::string& named);

/// The same, but one that is named may be one that is still to be made.
std::optional<TuningDatabase> open_future_database(const std::string& named);

}  // namespace vitgen
