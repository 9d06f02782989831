#include "tools/vitgen/open_database.h"

namespace vitgen {

TuningDatabase open_named_database(const std::string& path) {
  if (auto database = TuningDatabase::open_to_read(path)) return std::move(*database);
  throw Error(ExitCode::io, "TUNE_DB_OPEN", printable(path) + ": no such database",
              "`vitgen tune --db FILE` makes one, and `vitgen db import --db FILE` of JSON");
}

std::optional<TuningDatabase> open_database(const std::string& named) {
  if (!named.empty()) return open_named_database(named);
  return open_future_database(named);
}

std::optional<TuningDatabase> open_future_database(const std::string& named) {
  const std::string path = named.empty() ? default_tuning_database() : named;
  if (path.empty()) return {};  // nobody's home
  return TuningDatabase::open_to_read(path);
}

}  // namespace vitgen
