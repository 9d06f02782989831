// Records and trials to JSON and back.

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/suggest.h"
#include "schedules/tuning/host.h"
#include "schedules/tuning/record.h"

namespace vitgen {

namespace {

constexpr double kMaxNs = 1e15;  // eleven days
constexpr int kMaxThreads = 1024;
constexpr int kMaxSamples = 1'000'000'000;
constexpr std::size_t kMaxReason = 400;  // bytes

bool is_whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && std::to_string(value) == text;
}

bool made_of(std::string_view text, std::string_view letters) {
  return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

constexpr std::string_view kName = "abcdefghijklmnopqrstuvwxyz0123456789_";
constexpr std::string_view kRule = "abcdefghijklmnopqrstuvwxyz0123456789_/";
constexpr std::string_view kValue =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-:";

std::string get_word(const JsonFile& file, std::string_view path, std::string_view letters,
                     std::size_t limit, const std::string& wanted) {
  std::string text = get_string(file, path, limit);
  if (!made_of(text, letters)) {
    json_error(file, path, file.codes.field,
               "expected " + wanted + ", got '" + printable(text) + "'");
  }
  return text;
}

template <class E>
E get_enum(const JsonFile& file, std::string_view path) {
  const std::string text = get_string(file, path);
  try {
    return parse_enum<E>(text, path);
  } catch (const Error& error) {
    throw Error(ExitCode::bad_input, file.codes.field,
                fmt::format("{}: {}", printable(file.name), error.what()), error.hint());
  }
}

std::string get_date(const JsonFile& file, std::string_view path) {
  std::string date = get_string(file, path);
  if (!is_utc_date(date)) {
    json_error(file, path, file.codes.field,
               "expected a date such as 2026-01-31T23:59:59Z, got '" + printable(date) + "'");
  }
  return date;
}

std::string get_host(const JsonFile& file, std::string_view path) {
  std::string text = get_string(file, path);
  try {
    check_host(text);
  } catch (const Error& error) {
    json_error(file, path, error.code(), error.what());
  }
  return text;
}

TuningVersions get_versions(const JsonFile& file) {
  const Json* object = find_json(file, "versions");
  if (!object || !object->is_object()) {
    json_error(file, "versions", file.codes.field, "expected an object");
  }
  const JsonFile versions{file.name + ": versions", *object, file.codes};
  require_keys(versions, {"vitgen", "halide", "rule"});
  return {get_word(versions, "vitgen", kValue, 64, "a version"),
          get_word(versions, "halide", kValue, 64, "a version"),
          static_cast<int>(get_int(versions, "rule", 1, 1'000'000))};
}

}  // namespace

OpSpec parse_spec(const JsonFile& file, std::string_view path) {
  const std::string text = get_string(file, path);
  OpSpec spec;
  try {
    spec = OpSpec::parse(text);
  } catch (const Error& error) {
    json_error(file, path, file.codes.field, error.what());
  }
  bool good = made_of(spec.op, kName) && spec.text() == text;
  for (const auto& [key, value] : spec.fields.values) {
    good = good && made_of(key, kName) && made_of(value, kValue);
  }
  if (!good) {
    json_error(file, path, file.codes.field,
               "expected a kernel such as linear(rows=1,k=8,...), got '" + printable(text) + "'");
  }
  return spec;
}

std::string parse_rule_name(const JsonFile& file, std::string_view path) {
  return get_word(file, path, kRule, 64, "a rule such as cpu/linear");
}

std::string parse_machine_name(const JsonFile& file, std::string_view path) {
  return get_word(file, path, kName, 64, "a machine such as cpu_avx2");
}

namespace {

// What records and trials have in common, in this order.
template <class Value>
void put_key(Json& json, const Value& value) {
  json["host"] = value.host;
  json["machine"] = value.machine;
  json["spec"] = value.spec.text();
  json["rule"] = value.choice.rule;
  json["knobs"] = knobs_json(value.choice.knobs);
  json["versions"] = {{"vitgen", value.versions.vitgen},
                      {"halide", value.versions.halide},
                      {"rule", value.versions.rule}};
  json["threads"] = value.threads;
}

template <class Value>
void get_key(const JsonFile& file, Value& value) {
  value.host = get_host(file, "host");
  value.machine = parse_machine_name(file, "machine");
  value.spec = parse_spec(file, "spec");
  value.choice.rule = parse_rule_name(file, "rule");
  value.choice.knobs = parse_knobs(file, "knobs");
  value.versions = get_versions(file);
  value.threads = static_cast<int>(get_int(file, "threads", 1, kMaxThreads));
}

}  // namespace

JsonCodes tuning_codes() {
  return {.syntax = "TUNE_JSON",
          .duplicate = "TUNE_JSON",
          .field = "TUNE_FIELD",
          .range = "TUNE_RANGE"};
}

void require_keys(const JsonFile& file, const std::vector<std::string>& known) {
  if (!file.root.is_object()) {
    throw Error(ExitCode::bad_input, file.codes.field,
                fmt::format("{}: expected an object", printable(file.name)));
  }
  for (const auto& [key, value] : file.root.items()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    json_error(file, key, file.codes.field, "unknown key", suggestion_hint(key, known));
  }
}

Json knobs_json(const Fields& knobs) {
  Json json = Json::object();
  for (const auto& [key, value] : knobs.values) {
    if (is_whole_number(value)) {
      json[key] = std::stoll(value);
    } else {
      json[key] = value;
    }
  }
  return json;
}

Fields parse_knobs(const JsonFile& file, std::string_view path) {
  const Json* object = find_json(file, path);
  if (!object || !object->is_object()) {
    json_error(file, path, file.codes.field, "expected an object of knobs");
  }
  Fields fields;
  for (const auto& [key, value] : object->items()) {
    const std::string at = fmt::format("{}.{}", path, key);
    if (key.size() > 64 || !made_of(key, kName)) {
      json_error(file, at, file.codes.field, "not the name of a knob");
    }
    std::string text;
    if (value.is_number_integer()) text = value.dump();
    if (value.is_string()) text = value.get<std::string>();
    if (text.size() > 64 || !made_of(text, kValue)) {
      json_error(file, at, file.codes.field, "expected a whole number or a word");
    }
    fields.values.emplace_back(key, std::move(text));
  }
  return fields;
}

Json record_json(const TuningRecord& record) {
  Json json = Json::object();
  put_key(json, record);
  json["samples"] = record.samples;
  json["median_ns"] = record.median_ns;
  json["spread"] = record.spread;
  json["date"] = record.date;
  json["check"] = enum_text(record.check);
  return json;
}

TuningRecord parse_record(const JsonFile& file) {
  require_keys(file, {"host", "machine", "spec", "rule", "knobs", "versions", "threads", "samples",
                      "median_ns", "spread", "date", "check"});
  TuningRecord record;
  get_key(file, record);
  record.samples = static_cast<int>(get_int(file, "samples", 1, kMaxSamples));
  record.median_ns = get_number(file, "median_ns", 1e-3, kMaxNs);
  record.spread = get_number(file, "spread", 0, 1e6);
  record.date = get_date(file, "date");
  record.check = get_enum<TuningCheck>(file, "check");
  return record;
}

Json trial_json(const TuningTrial& trial) {
  Json json = Json::object();
  put_key(json, trial);
  json["status"] = enum_text(trial.status);
  json["reason"] = trial.reason;
  json["samples"] = trial.samples;
  json["best_ns"] = trial.best_ns;
  json["median_ns"] = trial.median_ns;
  json["run"] = trial.run;
  json["ordinal"] = trial.ordinal;
  json["date"] = trial.date;
  return json;
}

TuningTrial parse_trial(const JsonFile& file) {
  require_keys(file, {"host", "machine", "spec", "rule", "knobs", "versions", "threads", "status",
                      "reason", "samples", "best_ns", "median_ns", "run", "ordinal", "date"});
  TuningTrial trial;
  get_key(file, trial);
  trial.status = get_enum<TrialStatus>(file, "status");
  trial.reason = get_string(file, "reason", kMaxReason);
  if (printable(trial.reason, kMaxReason) != trial.reason) {
    json_error(file, "reason", file.codes.field, "expected one printable line");
  }
  // Only what ran has times.
  const bool timed = trial.status == TrialStatus::measured;
  trial.samples = static_cast<int>(get_int(file, "samples", timed, timed ? kMaxSamples : 0));
  trial.best_ns = get_number(file, "best_ns", timed ? 1e-3 : 0, timed ? kMaxNs : 0);
  trial.median_ns = get_number(file, "median_ns", trial.best_ns, timed ? kMaxNs : 0);
  trial.run = get_word(file, "run", kValue, 64, "an id of letters, digits and _.+-:");
  trial.ordinal = static_cast<int>(get_int(file, "ordinal", 0, kMaxSamples));
  trial.date = get_date(file, "date");
  return trial;
}

}  // namespace vitgen
