#pragma once
// Hosts that somebody names, and what there is for them.

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "schedules/machine.h"
#include "schedules/tuning/record.h"

namespace vitgen {

std::set<std::string> hosts_of(std::span<const TuningRecord> records,
                               std::span<const TuningTrial> trials = {});

/// "20 records, 18 fit this machine": those that `generate` may use on `host` for one of
/// `machines`.
std::string fitting_text(std::span<const TuningRecord> records, const std::string& host,
                         std::span<const Machine* const> machines);

/// Throws usage TUNE_HOST_UNKNOWN with the nearest of the known hosts, or all of them, unless
/// `host` is one. `option` is what named it.
void require_known_host(std::string_view option, const std::string& host,
                        const std::set<std::string>& known);

}  // namespace vitgen
