#pragma once
// The parts of lower(), each appending its steps to the plan.

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

/// A LayerNorm over `rows` rows of `spec.width` with weights called `name`.weight and .bias.
Slot add_norm(Plan& plan, const VitSpec& spec, const std::string& name, std::string_view pattern,
              int rows, Slot input, int block = 0);

/// Throws BATCH_RANGE, of class usage: the elements of the plan's largest value must be addressable
/// by 32-bit indices.
void check_batch(const VitSpec& spec, int batch);

/// "image", as `dtype` has it.
Port input_port(const VitSpec& spec, DType dtype);

/// The projected patches {width, patches, batch}, without positions.
Slot lower_patches(Plan& plan, const VitSpec& spec, const PlanOptions& options);

/// Rows [CLS], distillation, registers, the first of them with their positions added.
TensorExpr prefix_rows(const VitSpec& spec);

/// {patches, width} of the image's grid.
TensorExpr patch_positions(const VitSpec& spec);

/// From the image to the tokens that enter the first block.
Slot lower_embedding(Plan& plan, const VitSpec& spec, const PlanOptions& options);

/// Block number `block` on the tokens `x`; its steps are called `steps`.`block`.attn and so on.
Slot lower_block(Plan& plan, const VitSpec& spec, int batch, int block, Slot x,
                 std::string_view steps = "blocks");

/// The end of the network, as far as the wanted outputs need it.
struct HeadSlots {
  Slot tokens;  ///< after the last norm that runs on all tokens
  Slot pooled;  ///< the vector that the head reads
  Slot logits;
};
HeadSlots lower_head(Plan& plan, const VitSpec& spec, const PlanOptions& options, Slot x);

}  // namespace vitgen
