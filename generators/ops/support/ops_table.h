#pragma once
// All ops, by the names of their files, with their types erased to text. Whoever walks this table
// (tests, fallback, verify, explain) sees a new op at once.

#include <span>

#include "generators/ops/support/algorithm.h"

namespace vitgen {

struct OpEntry {
  std::string_view name;
  std::vector<Operand> (*operands)(const OpSpec&);
  double (*flops)(const OpSpec&);
  bool (*one_order)(const OpSpec&);
  Algorithm (*define)(const OpSpec&);
  /// Names of the definitions that the op has for a spec; the first is what `define` gives.
  std::vector<std::string_view> (*forms)(const OpSpec&);
  /// Throws FIELDS_VALUE for a form that the op does not know.
  Algorithm (*define_form)(const OpSpec&, std::string_view form);
  double (*bytes)(const OpSpec&);  ///< that a call reads and writes, each once
  /// The same with activations that are `storage` in memory; the spec itself where the op has none
  /// that may be narrow.
  OpSpec (*stored_as)(const OpSpec&, DType storage);
};

std::span<const OpEntry> all_ops();

/// Throws UNKNOWN_OP.
const OpEntry& find_op(std::string_view name);

inline std::vector<Operand> operands(const OpSpec& spec) { return find_op(spec.op).operands(spec); }
inline double flops(const OpSpec& spec) { return find_op(spec.op).flops(spec); }
inline double bytes(const OpSpec& spec) { return find_op(spec.op).bytes(spec); }

/// Whether all sums have one order, which the op's header states: then every schedule computes the
/// same bits. An op that leaves the order of some sums to the machine's units has `one_order`.
template <class Spec>
bool has_one_order(const Spec& spec) {
  if constexpr (requires { one_order(spec); }) {
    return one_order(spec);
  } else {
    return true;
  }
}
inline bool has_one_order(const OpSpec& spec) { return find_op(spec.op).one_order(spec); }

/// The spec of an f32 kernel for activations of another type. An op that has more to change than
/// its `storage` has `stored_as`.
template <class Spec>
Spec with_storage(Spec spec, DType storage) {
  if constexpr (requires { stored_as(spec, storage); }) {
    return stored_as(spec, storage);
  } else {
    if constexpr (requires { spec.storage; }) spec.storage = storage;
    return spec;
  }
}
inline OpSpec with_storage(const OpSpec& spec, DType storage) {
  return find_op(spec.op).stored_as(spec, storage);
}

/// The bytes of all operands; an op that touches less of them has a `bytes` of its own.
template <class Spec>
double touched_bytes(const Spec& spec) {
  if constexpr (requires { bytes(spec); }) {
    return bytes(spec);
  } else {
    double sum = 0;
    for (const Operand& operand : operands(spec)) sum += static_cast<double>(operand.bytes());
    return sum;
  }
}

/// An op with more than one definition names them by an enum `Spec::Form`.
template <class Spec>
concept HasForms = requires { typename Spec::Form; };

inline constexpr std::string_view kPlainForm = "plain";

template <class Spec>
std::vector<std::string_view> form_names(const Spec& spec) {
  std::vector<std::string_view> names;
  if constexpr (HasForms<Spec>) {
    for (const auto form : forms(spec)) names.push_back(enum_text(form));
  } else {
    names.push_back(kPlainForm);
  }
  return names;
}

template <class Spec>
Algorithm define_form(const Spec& spec, std::string_view form) {
  if constexpr (HasForms<Spec>) {
    return define(spec, parse_enum<typename Spec::Form>(form, "form")).algorithm;
  } else {
    if (form != kPlainForm) bad_field("form", form, kPlainForm);
    return define(spec).algorithm;
  }
}

template <class Spec>
OpEntry op_entry() {
  return {Spec::op,
          [](const OpSpec& spec) { return operands(typed_spec<Spec>(spec)); },
          [](const OpSpec& spec) { return flops(typed_spec<Spec>(spec)); },
          [](const OpSpec& spec) { return has_one_order(typed_spec<Spec>(spec)); },
          [](const OpSpec& spec) { return define(typed_spec<Spec>(spec)).algorithm; },
          [](const OpSpec& spec) { return form_names(typed_spec<Spec>(spec)); },
          [](const OpSpec& spec, std::string_view form) {
            return define_form(typed_spec<Spec>(spec), form);
          },
          [](const OpSpec& spec) { return touched_bytes(typed_spec<Spec>(spec)); },
          [](const OpSpec& spec, DType storage) {
            return op_spec(with_storage(typed_spec<Spec>(spec), storage));
          }};
}

}  // namespace vitgen
