#include "tools/vitgen/choice_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "generators/base/suggest.h"
#include "schedules/fallback.h"
#include "tools/tune/is_current.h"

namespace vitgen {

namespace {

[[noreturn]] void illegal(const std::string& what, std::string hint = {}) {
  throw Error(ExitCode::usage, "KNOBS_ILLEGAL", what, std::move(hint));
}

const RuleEntry& rule_named(const OpSpec& spec, const std::string& name) {
  std::vector<std::string> known = {std::string(kFallback)};
  for (const RuleEntry& rule : all_rules()) {
    if (rule.op != spec.op) continue;
    if (rule.name == name) return rule;
    known.emplace_back(rule.name);
  }
  std::string hint = suggestion_hint(name, known);
  if (hint.empty()) hint = fmt::format("rules for {}: {}", spec.op, fmt::join(known, ", "));
  throw Error(ExitCode::usage, "UNKNOWN_RULE",
              fmt::format("no rule '{}' for op {}", printable(name), printable(spec.op)), hint);
}

// The same names as the rule's own knobs have, so that a misspelt one is named.
void check_names(const std::string& rule, const Fields& knobs, const Fields& defaults) {
  std::vector<std::string> known;
  for (const auto& [key, value] : defaults.values) known.push_back(key);
  for (const auto& [key, value] : knobs.values) {
    if (defaults.find(key)) continue;
    std::string hint = suggestion_hint(key, known);
    if (hint.empty()) hint = fmt::format("knobs of {}: {}", rule, fmt::join(known, ", "));
    illegal(fmt::format("{} has no knob '{}'", rule, printable(key)), hint);
  }
  for (const std::string& key : known) {
    if (!knobs.find(key)) illegal(fmt::format("knob '{}' of {} is missing", key, rule));
  }
}

}  // namespace

void check_choice(const OpSpec& spec, const Machine& machine, const Choice& choice) {
  operands(spec);  // throws if there is no such op or a size is out of range
  if (choice.rule == kFallback) {
    check_names(choice.rule, choice.knobs, {});
    return;
  }
  const RuleEntry& rule = rule_named(spec, choice.rule);
  const std::optional<Fields> defaults = rule.defaults(spec, machine);
  if (!defaults)
    illegal(fmt::format("{} does not serve this kernel on {}", rule.name, machine.name));
  check_names(choice.rule, choice.knobs, *defaults);
  try {
    if (!device_kernel(spec, machine, choice)) build(spec, machine, choice);
  } catch (const Halide::Error& error) {
    std::string message = error.what();
    std::ranges::replace(message, '\n', ' ');
    illegal("Halide refuses the schedule: " + printable(message, 300));
  } catch (const Error& error) {  // FIELDS_*, KNOBS_ILLEGAL
    illegal(error.what(), error.hint());
  }
}

namespace {

// One of a rule that this program does not have claims to be.
bool is_of_this_program(const TuningRecord& record) {
  return is_current(record) || (record.versions == current_versions(record.versions.rule) &&
                                !rule_version(record.spec.op, record.choice.rule));
}

void check_record_choice(const TuningRecord& record) {
  try {
    check_choice(record.spec, find_row(record.machine), record.choice);
  } catch (const Error& error) {
    throw Error(ExitCode::bad_input, "TUNE_RECORD",
                fmt::format("record of {} by {} for {}: {}", printable(record.spec.text(), 300),
                            printable(record.choice.text(), 300), record.machine, error.what()),
                error.hint());
  }
}

}  // namespace

void check_importable(std::span<const TuningRecord> records) {
  std::set<std::tuple<std::string, std::string, std::string>> checked;
  for (const TuningRecord& record : records) {
    if (!is_of_this_program(record)) continue;
    const bool first =
        checked.emplace(record.machine, record.spec.text(), record.choice.text()).second;
    if (first) check_record_choice(record);
  }
}

}  // namespace vitgen
