#pragma once
// for image, for block of grid_c x grid_r patches, of threads_j n_r channels
//                                                       schedules/support/gpu_product.h
//   for k_c pixels of the patches: both tiles           shared memory, the pixels gathered
//     m_r x n_r sums of a thread                        registers
// Bound: reads of shared memory.

#include <optional>
#include <vector>

#include "generators/ops/patch_embed.h"
#include "schedules/support/gpu_product.h"

namespace vitgen {

struct CudaPatchEmbed {
  static constexpr std::string_view name = "cuda/patch_embed";
  static constexpr PatchEmbedForm form = PatchEmbedForm::clamped_tiles;
  using Spec = PatchEmbedSpec;
  struct Knobs {
    BlockKnobs block;
    int grid_c = 16;  ///< columns of patches of a block, which divide its rows
    template <class V>
    void visit(V& v) {
      block.visit(v);
      v("grid_c", grid_c);
    }
    bool operator==(const Knobs&) const = default;
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(PatchEmbed& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
