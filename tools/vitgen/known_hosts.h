#pragma once
// Hosts that somebody names.

#include <span>
#include <string>
#include <string_view>

#include "schedules/tuning/record.h"

namespace vitgen {

/// Throws usage TUNE_HOST_UNKNOWN with the nearest of the records' hosts, or all of them, unless
/// one is of `host`. `option` is what named it.
void require_known_host(std::string_view option, const std::string& host,
                        std::span<const TuningRecord> records);

}  // namespace vitgen
