#pragma once
// for panel of columns                      parallel
//   for n_r columns of the panel
//     for image, patch row, m_r patches of the row
//       for channel, pixel row, pixel column: m_r x n_r FMAs
// The nest of `linear` with the gather of a patch in the place of a row: no unfolded copy.

#include "generators/ops/patch_embed.h"
#include "schedules/cpu/linear.h"

namespace vitgen {

struct CpuPatchEmbed {
  static constexpr std::string_view name = "cpu/patch_embed";
  using Spec = PatchEmbedSpec;
  using Knobs = TileKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(PatchEmbed& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
