#include "schedules/tuning/shipped.h"

#include "schedules/tuning/document.h"

namespace vitgen {

std::vector<TuningRecord> shipped_records() {
  std::vector<TuningRecord> all;
  for (const ShippedFile& file : shipped_files()) {
    constexpr JsonLimits kLimits{.bytes = std::size_t{1} << 20, .depth = 16};
    const std::string name = std::string(file.host) + ".json";
    for (TuningRecord& record :
         parse_records(parse_json(file.text, name, kLimits, tuning_codes()))) {
      all.push_back(std::move(record));
    }
  }
  return all;
}

}  // namespace vitgen
