#pragma once
// for image, for rows_per_task rows         parallel over both
//   for row, for channels in vectors
// Bound: memory.

#include <optional>
#include <vector>

#include "generators/ops/add.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuAdd {
  static constexpr std::string_view name = "cpu/add";
  using Spec = AddSpec;
  struct Knobs {
    int rows_per_task = 32;
    template <class V>
    void visit(V& v) {
      v("rows_per_task", rows_per_task);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(Add& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
