#pragma once
// for rows_per_task rows                    parallel
//   for row, for channels in vectors        each read from both halves of the row
// Bound: memory; three values are moved for an activation.

#include <optional>
#include <vector>

#include "generators/ops/gate.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuGate {
  static constexpr std::string_view name = "cpu/gate";
  using Spec = GateSpec;
  struct Knobs {
    int rows_per_task = 8;
    template <class V>
    void visit(V& v) {
      v("rows_per_task", rows_per_task);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(Gate& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
