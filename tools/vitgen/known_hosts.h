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

/// The hosts whose records count for a library; empty: none of this kind.
struct TuningHosts {
  std::string processor;
  std::string gpu;

  /// Whether the record is of that of them which runs its machine.
  bool are_of(const TuningRecord& record) const;
};

/// "20 records, 18 fit this machine": those that `generate` may use on `hosts` for one of
/// `machines`.
std::string fitting_text(std::span<const TuningRecord> records, const TuningHosts& hosts,
                         std::span<const Machine* const> machines);

/// Throws usage TUNE_HOST_UNKNOWN with the nearest of the known hosts, or all of them, unless
/// `host` is one. `option` is what named it.
void require_known_host(std::string_view option, const std::string& host,
                        const std::set<std::string>& known);

}  // namespace vitgen
