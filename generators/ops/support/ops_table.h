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
  Algorithm (*define)(const OpSpec&);
};

std::span<const OpEntry> all_ops();

/// Throws UNKNOWN_OP.
const OpEntry& find_op(std::string_view name);

inline std::vector<Operand> operands(const OpSpec& spec) { return find_op(spec.op).operands(spec); }
inline double flops(const OpSpec& spec) { return find_op(spec.op).flops(spec); }

template <class Spec>
OpEntry op_entry() {
  return {Spec::op, [](const OpSpec& spec) { return operands(typed_spec<Spec>(spec)); },
          [](const OpSpec& spec) { return flops(typed_spec<Spec>(spec)); },
          [](const OpSpec& spec) { return define(typed_spec<Spec>(spec)).algorithm; }};
}

}  // namespace vitgen
