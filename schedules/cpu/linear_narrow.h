#pragma once
// Both factors narrower in memory than in arithmetic: schedules/support/narrow_product.h.
// Bound: one FMA per register and cycle where rows are many; to widen a strip of weights takes as
// long as some 40 rows of its products.

#include <optional>
#include <vector>

#include "generators/ops/linear.h"
#include "schedules/support/panel_tile.h"

namespace vitgen {

struct CpuLinearNarrow {
  static constexpr std::string_view name = "cpu/linear_narrow";
  static constexpr LinearForm form = LinearForm::clamped_tiles;
  using Spec = LinearSpec;
  using Knobs = TileKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(Linear& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
