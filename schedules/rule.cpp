#include "schedules/rule.h"

#include "schedules/fallback.h"

namespace vitgen {

std::optional<int> rule_version(std::string_view op, std::string_view rule) {
  if (rule == kFallback) return 1;
  for (const RuleEntry& entry : all_rules()) {
    if (entry.name == rule && entry.op == op) return entry.version;
  }
  return std::nullopt;
}

Choice choose_default(const OpSpec& spec, const Machine& machine) {
  for (const RuleEntry& rule : all_rules()) {
    if (rule.op != spec.op) continue;
    if (auto knobs = rule.defaults(spec, machine)) return {std::string(rule.name), *knobs};
  }
  return {std::string(kFallback), {}};
}

namespace {

const RuleEntry& find_rule(const OpSpec& spec, std::string_view name) {
  for (const RuleEntry& rule : all_rules()) {
    if (rule.name == name && rule.op == spec.op) return rule;
  }
  throw Error(ExitCode::usage, "UNKNOWN_RULE",
              "no rule '" + printable(name) + "' for op " + spec.op);
}

}  // namespace

Algorithm build(const OpSpec& spec, const Machine& machine, const Choice& choice) {
  if (choice.rule == kFallback) return build_fallback(spec, machine);
  return find_rule(spec, choice.rule).build(spec, machine, choice.knobs);
}

std::optional<DeviceKernel> device_kernel(const OpSpec& spec, const Machine& machine,
                                          const Choice& choice) {
  if (choice.rule == kFallback) return std::nullopt;
  const RuleEntry& rule = find_rule(spec, choice.rule);
  if (rule.device == nullptr) return std::nullopt;
  return rule.device(spec, machine, choice.knobs);
}

void require_knobs(bool legal, std::string_view rule) {
  if (!legal)
    throw Error(ExitCode::usage, "KNOBS_ILLEGAL", "knobs must obey: " + std::string(rule));
}

}  // namespace vitgen
