#pragma once
// Hosts that somebody names.

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "schedules/tuning/record.h"

namespace vitgen {

std::set<std::string> hosts_of(std::span<const TuningRecord> records,
                               std::span<const TuningTrial> trials = {});

/// Throws usage TUNE_HOST_UNKNOWN with the nearest of the known hosts, or all of them, unless
/// `host` is one. `option` is what named it.
void require_known_host(std::string_view option, const std::string& host,
                        const std::set<std::string>& known);

}  // namespace vitgen
