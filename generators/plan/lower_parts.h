#pragma once
// The parts of lower(), each appending its steps to the plan.

#include <functional>

#include "generators/ops/attention.h"
#include "generators/plan/plan_builder.h"
#include "generators/plan/plan_options.h"
#include "generators/plan/vit_spec.h"
#include "generators/plan/weight_layout.h"

namespace vitgen {

/// VitSpec's extents as the ints that ops take; call after check(spec).
struct Extents {
  int batch, tokens, prefix, width, heads, head_size;
  int rows() const { return batch * tokens; }
};
Extents extents_of(const VitSpec& spec, int batch);

/// weight {n, k}, and bias {n} if there is one, of the pattern's tensors.
struct NamedLinear {
  std::string_view pattern;
  std::int64_t n = 0;
  std::int64_t k = 0;
  bool bias = true;
  MatrixForm form = {};  ///< in which the file has the weight
  int block = 0;
  int head = 0;
};
LinearWeights named_linear(const NamedLinear& linear);

/// A LayerNorm over `rows` rows with weights called `name`.weight and .bias.
struct NamedNorm {
  std::string name;
  std::string_view pattern;
  int rows = 1;
  std::int64_t width = 1;
  float eps = 1e-6f;
  int block = 0;
};
Slot add_norm(Plan& plan, const NamedNorm& norm, Slot input);

/// The same with the width and eps of `spec`.
Slot add_norm(Plan& plan, const VitSpec& spec, const std::string& name, std::string_view pattern,
              int rows, Slot input, int block = 0);

/// Throws BATCH_RANGE, of class usage: the elements of the plan's largest value must be addressable
/// by 32-bit indices.
void check_batch(const VitSpec& spec, int batch);

/// "image", as `dtype` has it.
Port input_port(const VitSpec& spec, DType dtype);

/// Rows [CLS], distillation, registers, the first of them with their positions added.
TensorExpr prefix_rows(const VitSpec& spec);

/// {patches, width} of the image's grid.
TensorExpr patch_positions(const VitSpec& spec);

/// The linear map of each patch of the input, `linear.weight` {n, channels, patch_h, patch_w} for
/// normalised pixels, as a step `patch_embed`. u8 pixels have their normalisation folded in.
Slot add_patch_embed(Plan& plan, const VitSpec& spec, const PlanOptions& options,
                     LinearWeights linear);

/// The projected patches {width, patches, batch}, normed if the spec says so, without positions.
Slot lower_patches(Plan& plan, const VitSpec& spec, const PlanOptions& options);

/// The tokens of projected patches as a step `name`: positions added, prefix tokens before them.
Slot add_positions(Plan& plan, const VitSpec& spec, int batch, Slot patches,
                   const std::string& name = "pos_embed");

/// Attention on `qkv`, with the tables of relative positions that block number `block` has.
Slot add_attention(Plan& plan, const VitSpec& spec, const std::string& name,
                   const AttentionSpec& plain, int block, Slot qkv);

/// qkv rows for `add_rotary`: the channels of a head that are turned together half a head apart.
LinearWeights with_halves_for_pairs(const VitSpec& spec, LinearWeights qkv);

/// q and k of the patches turned by their place, as a step `name`.
Slot add_rotary(Plan& plan, const VitSpec& spec, const Extents& e, const std::string& name,
                Slot qkv);

/// From the image to the tokens that enter the first block.
Slot lower_embedding(Plan& plan, const VitSpec& spec, const PlanOptions& options);

/// Block number `block` on the tokens `x`. Its steps are called by the pattern `steps`, with the
/// number for {} and the part, "attn.qkv", for *.
Slot lower_block(Plan& plan, const VitSpec& spec, int batch, int block, Slot x,
                 std::string_view steps = "blocks.{}.*");

/// What a learned query, the probe, makes of the tokens: {width, batch}.
Slot lower_attention_pool(Plan& plan, const VitSpec& spec, const Extents& e, Slot tokens);

/// The end of the network, as far as the wanted outputs need it.
struct HeadSlots {
  Slot tokens;  ///< after the last norm that runs on all tokens
  Slot pooled;  ///< the vector that the head reads
  Slot logits;
  Slot reconstruction;  ///< the pixels that the decoder makes of the tokens
};
HeadSlots lower_head(Plan& plan, const VitSpec& spec, const PlanOptions& options, Slot x);

/// The whole plan of a network with the input, the head and the outputs of `spec`: checks both,
/// asks `trunk` for the tokens after each block, and runs the passes.
using Trunk =
    std::function<std::vector<Slot>(Plan& plan, const VitSpec& spec, const PlanOptions& options)>;
Plan lower_around(const VitSpec& spec, const PlanOptions& options, const Trunk& trunk);

}  // namespace vitgen
