#pragma once
// Pixels rounded to a 16-bit storage, weights in it: schedules/support/narrow_product.h, whose rows
// are the patches of a row of the grid. The widened input is the unfolded image.
// Bound: as cpu/linear_narrow.

#include <optional>
#include <vector>

#include "generators/ops/patch_embed.h"
#include "schedules/support/panel_tile.h"

namespace vitgen {

struct CpuPatchEmbedNarrow {
  static constexpr std::string_view name = "cpu/patch_embed_narrow";
  static constexpr PatchEmbedForm form = PatchEmbedForm::clamped_tiles;
  using Spec = PatchEmbedSpec;
  using Knobs = TileKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(PatchEmbed& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
