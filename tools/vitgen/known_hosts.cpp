#include "tools/vitgen/known_hosts.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/counted.h"
#include "generators/base/suggest.h"
#include "schedules/machine.h"
#include "tools/tune/is_current.h"

namespace vitgen {

std::set<std::string> hosts_of(std::span<const TuningRecord> records,
                               std::span<const TuningTrial> trials) {
  std::set<std::string> hosts;
  for (const TuningRecord& record : records) hosts.insert(record.host);
  for (const TuningTrial& trial : trials) hosts.insert(trial.host);
  return hosts;
}

bool TuningHosts::are_of(const TuningRecord& record) const {
  const auto rows = all_machines();
  const auto row = std::ranges::find(rows, record.machine, &Machine::name);
  const bool on_device = row != rows.end() && is_device_row(**row);
  return record.host == (on_device ? gpu : processor);
}

std::string fitting_text(std::span<const TuningRecord> records, const TuningHosts& hosts,
                         std::span<const Machine* const> machines) {
  const auto fits = std::ranges::count_if(records, [&](const TuningRecord& record) {
    return hosts.are_of(record) && is_current(record) &&
           std::ranges::find(machines, record.machine, &Machine::name) != machines.end();
  });
  return fmt::format("{}, {} {} this machine", counted(records.size(), "record"), fits,
                     fits == 1 ? "fits" : "fit");
}

void require_known_host(std::string_view option, const std::string& host,
                        const std::set<std::string>& known) {
  if (known.contains(host)) return;
  const std::vector<std::string> names(known.begin(), known.end());
  std::string hint = suggestion_hint(host, names);
  if (hint.empty()) {
    hint = names.empty() ? "there are no records of any host"
                         : fmt::format("known hosts: {}", fmt::join(names, ", "));
  }
  throw Error(ExitCode::usage, "TUNE_HOST_UNKNOWN",
              fmt::format("{}: no records of host '{}'", option, printable(host)), hint);
}

}  // namespace vitgen
