#include "schedules/tuning/record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>

#include "generators/base/counted.h"
#include "generators/base/sha256.h"
#include "generators/base/version.h"
#include "schedules/tuning/host.h"

namespace vitgen {

TuningVersions current_versions(int rule) {
  return {std::string(kVersion), std::string(kHalideVersion), rule};
}

std::string TuningRecord::hash() const { return sha256_hex(record_json(*this).dump()); }

std::string TuningRecord::short_hash() const {
  constexpr std::size_t kDigits = 12;
  return hash().substr(0, kDigits);
}

std::string threads_text(const TuningRecord& record) {
  return is_gpu_host(record.host) ? "" : counted(record.threads, "thread") + ", ";
}

void check_record(const TuningRecord& record) {
  if (parse_record({"record", record_json(record), tuning_codes()}) == record) return;
  throw Error(ExitCode::bad_input, "TUNE_FIELD",
              "record: does not read back as it was: " + printable(record_json(record).dump()));
}

void check_trial(const TuningTrial& trial) {
  if (parse_trial({"trial", trial_json(trial), tuning_codes()}) == trial) return;
  throw Error(ExitCode::bad_input, "TUNE_FIELD",
              "trial: does not read back as it was: " + printable(trial_json(trial).dump()));
}

namespace {

std::string date_of(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace

std::string utc_now() { return date_of(std::chrono::system_clock::now()); }

std::string latest_date() {
  return date_of(std::chrono::system_clock::now() + std::chrono::hours(24));
}

bool is_utc_date(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:ddZ";
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == 'd' ? !digit : text[i] != kForm[i]) return false;
  }
  const auto number = [&](std::size_t at, std::size_t length) {
    int value = 0;
    for (const char c : text.substr(at, length)) value = 10 * value + (c - '0');
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  return day.ok() && number(11, 2) < 24 && number(14, 2) < 60 && number(17, 2) < 60;
}

}  // namespace vitgen
