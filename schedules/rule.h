#pragma once
// A schedule rule: how one op runs on one kind of machine. It is a function of (Funcs, machine,
// knobs) and never defines a value.
//
//   struct CpuLinear {
//     static constexpr std::string_view name = "cpu/linear";
//     using Spec = LinearSpec;
//     struct Knobs { ...; template <class V> void visit(V& v); };
//     static std::optional<Knobs> defaults(const Spec&, const Machine&);
//     static std::vector<Knobs> space(const Spec&, const Machine&);
//     static void apply(Linear& op, const Spec&, const Machine&, const Knobs&);
//   };
//
// Empty defaults: the rule is not for this spec or machine. Without `space` there is nothing to
// tune.
//
// A rule for another form than the plain one has `static constexpr LinearForm form`, or, where the
// form is to be tuned, a knob called `form`. Where a knob is a part of the definition, the rule has
// `static Linear define_with(const Spec&, const Knobs&)`, which hands it to the op's `define`.
//
// A rule whose kernel is written by a micro-kernel as a whole, for instructions of a GPU that
// Halide cannot emit, has `static DeviceKernel device_kernel(const Spec&, const Machine&, const
// Knobs&)` instead of `apply`. It computes what the op's plain form defines.
//
// Measurements are kept per version of a rule: `static constexpr int version = 2;` (1 without) is
// raised when the same knobs come to mean other code, and so outdates its tuning records.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "generators/ops/support/ops_table.h"
#include "schedules/choice.h"
#include "schedules/device_kernel.h"
#include "schedules/machine.h"

namespace vitgen {

/// A rule with its types erased to text.
struct RuleEntry {
  std::string_view name;
  std::string_view op;
  int version;
  std::optional<Fields> (*defaults)(const OpSpec&, const Machine&);
  /// Every setting of the knobs that is legal and not plainly wasteful, for a tuner to choose from;
  /// contains the defaults. Empty where the rule has no defaults.
  std::vector<Fields> (*space)(const OpSpec&, const Machine&);
  /// Defines the op and schedules it. Throws FIELDS_* if the knobs do not parse, KNOBS_ILLEGAL
  /// if they do not fit the spec.
  Algorithm (*build)(const OpSpec&, const Machine&, const Fields& knobs);
  /// Null where Halide's code is the kernel; else the whole kernel, and `build` gives the plain
  /// definition, unscheduled. Throws as `build`.
  DeviceKernel (*device)(const OpSpec&, const Machine&, const Fields& knobs);
};

/// Every rule of schedules/<folder>/<op>.h and <op>_<more>.h, the most special first: `linear_rows`
/// before `linear`. Without `fallback`.
std::span<const RuleEntry> all_rules();

/// The version of a rule, 1 for `fallback`; nothing if there is no such rule for the op.
std::optional<int> rule_version(std::string_view op, std::string_view rule);

/// The first rule with defaults for (spec, machine), else `fallback`.
Choice choose_default(const OpSpec& spec, const Machine& machine);

/// The op of `spec` defined and scheduled. Throws UNKNOWN_RULE, KNOBS_ILLEGAL, FIELDS_*.
Algorithm build(const OpSpec& spec, const Machine& machine, const Choice& choice);

/// The kernel that the choice's rule writes itself, or nothing where Halide compiles what `build`
/// gives. Throws as `build`.
std::optional<DeviceKernel> device_kernel(const OpSpec& spec, const Machine& machine,
                                          const Choice& choice);

/// The op in the form and with the parameters that the rule, or else a knob, asks for.
template <class Rule>
auto define_for(const typename Rule::Spec& spec, const typename Rule::Knobs& knobs) {
  if constexpr (requires { Rule::define_with(spec, knobs); }) {
    return Rule::define_with(spec, knobs);
  } else if constexpr (requires { knobs.form; }) {
    return define(spec, knobs.form);
  } else if constexpr (requires { Rule::form; }) {
    return define(spec, Rule::form);
  } else {
    return define(spec);
  }
}

/// The settings that `space` names, or the defaults alone.
template <class Rule>
std::vector<typename Rule::Knobs> space_of(const typename Rule::Spec& spec,
                                           const Machine& machine) {
  const auto defaults = Rule::defaults(spec, machine);
  if (!defaults) return {};
  if constexpr (requires { Rule::space(spec, machine); }) {
    return Rule::space(spec, machine);
  } else {
    return {*defaults};
  }
}

template <class Rule>
constexpr int version_of() {
  if constexpr (requires { Rule::version; }) {
    return Rule::version;
  } else {
    return 1;
  }
}

/// A rule that writes device code instead of scheduling Funcs.
template <class Rule>
concept WritesDeviceCode =
    requires(const typename Rule::Spec& spec, const Machine& machine,
             const typename Rule::Knobs& knobs) { Rule::device_kernel(spec, machine, knobs); };

template <class Rule>
constexpr auto device_of() -> DeviceKernel (*)(const OpSpec&, const Machine&, const Fields&) {
  if constexpr (WritesDeviceCode<Rule>) {
    return [](const OpSpec& spec, const Machine& machine, const Fields& fields) {
      return Rule::device_kernel(typed_spec<typename Rule::Spec>(spec), machine,
                                 from_fields<typename Rule::Knobs>(fields));
    };
  } else {
    return nullptr;
  }
}

template <class Rule>
RuleEntry rule_entry() {
  using Spec = typename Rule::Spec;
  return {Rule::name,
          Spec::op,
          version_of<Rule>(),
          [](const OpSpec& spec, const Machine& machine) -> std::optional<Fields> {
            const auto knobs = Rule::defaults(typed_spec<Spec>(spec), machine);
            return knobs ? std::optional(to_fields(*knobs)) : std::nullopt;
          },
          [](const OpSpec& spec, const Machine& machine) {
            std::vector<Fields> settings;
            for (const auto& knobs : space_of<Rule>(typed_spec<Spec>(spec), machine)) {
              settings.push_back(to_fields(knobs));
            }
            return settings;
          },
          [](const OpSpec& spec, const Machine& machine, const Fields& fields) {
            const auto typed = typed_spec<Spec>(spec);
            const auto knobs = from_fields<typename Rule::Knobs>(fields);
            auto op = define_for<Rule>(typed, knobs);
            if constexpr (!WritesDeviceCode<Rule>) Rule::apply(op, typed, machine, knobs);
            return op.algorithm;
          },
          device_of<Rule>()};
}

/// Throws KNOBS_ILLEGAL unless `legal`; `rule` says what the knobs must obey.
void require_knobs(bool legal, std::string_view rule);

}  // namespace vitgen
