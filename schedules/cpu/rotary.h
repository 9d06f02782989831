#pragma once
// for tokens_per_task tokens                parallel
//   for token, for q, k and v, for head, for both halves of it, for channels in vectors
// Bound: memory; one read and one write of q, k and v.

#include <optional>
#include <vector>

#include "generators/ops/rotary.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuRotary {
  static constexpr std::string_view name = "cpu/rotary";
  using Spec = RotarySpec;
  struct Knobs {
    int tokens_per_task = 16;
    template <class V>
    void visit(V& v) {
      v("tokens_per_task", tokens_per_task);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(Rotary& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
