#pragma once
// The reviewed records of schedules/tuning/records/<host>.json, which travel inside the program.

#include <string_view>
#include <vector>

#include "schedules/tuning/record.h"

namespace vitgen {

struct ShippedFile {
  std::string_view host;  ///< the file's name, and the host of all its records
  std::string_view text;
};

/// In the order of their names; may be empty.
std::vector<ShippedFile> shipped_files();

/// All records of all files.
std::vector<TuningRecord> shipped_records();

}  // namespace vitgen
