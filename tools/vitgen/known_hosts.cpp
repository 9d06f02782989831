#include "tools/vitgen/known_hosts.h"

#include <fmt/format.h>

#include <set>

#include "generators/base/suggest.h"

namespace vitgen {

void require_known_host(std::string_view option, const std::string& host,
                        std::span<const TuningRecord> records) {
  std::set<std::string> known;
  for (const TuningRecord& record : records) known.insert(record.host);
  if (known.contains(host)) return;
  const std::vector<std::string> names(known.begin(), known.end());
  std::string hint = suggestion_hint(host, names);
  if (hint.empty()) {
    hint = names.empty() ? "there are no records of any host"
                         : fmt::format("hosts with records: {}", fmt::join(names, ", "));
  }
  throw Error(ExitCode::usage, "TUNE_HOST_UNKNOWN",
              fmt::format("{}: no records of host '{}'", option, printable(host)), hint);
}

}  // namespace vitgen
