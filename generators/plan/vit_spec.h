#pragma once
// The hyper-parameters of a vision transformer, whatever file they came from.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "generators/ops/pool.h"
#include "generators/ops/support/epilogue.h"
#include "generators/plan/plan.h"
#include "generators/plan/relative_position.h"
#include "generators/plan/tensor_functions.h"
#include "generators/plan/tensor_names.h"
#include "generators/plan/vit_parts.h"

namespace vitgen {

/// A plain vision transformer:
///   x = [prefix | patch_norm(patch_embed(image))] + position;  x = norm_pre(x)
///   each block:  x += gain1 * proj(attention(qkv(norm1(x))))
///                x += gain2 * fc2(act(fc1(norm2(x))))       or as norm_placement says
///   with a gate, act(gate(x)) * up(x) stands for act(fc1(x)) and down for fc2
///   logits = head(pooler(fc_norm(pool(norm(x)))))
/// with the optional parts as the fields say. Extents are 64-bit so that `check` sees what a file
/// really says; after it they fit into an int.
struct VitSpec {
  static constexpr std::string_view kind = "vit";

  // The image. u8 pixels x are normalised as (x / pixel_peak - mean[c]) / std[c].
  std::int64_t channels = 3;
  std::int64_t image_h = 224;
  std::int64_t image_w = 224;
  std::int64_t patch_h = 16;
  std::int64_t patch_w = 16;
  bool patch_bias = true;
  PatchOrder patch_order = PatchOrder::chw;
  MatrixOrder patch_matrix = MatrixOrder::out_in;
  bool patch_norm = false;  ///< of the projected patches, before the positions
  float pixel_peak = 255;
  std::array<float, 4> mean = {0.5f, 0.5f, 0.5f, 0.5f};
  std::array<float, 4> std_dev = {0.5f, 0.5f, 0.5f, 0.5f};

  // The tokens, in this order: [CLS], distillation, registers, patches.
  bool cls = true;
  bool dist = false;
  std::int64_t registers = 0;
  Positions positions = Positions::learned;
  std::int64_t position_prefix = 1;  ///< rows of the position table before the patches' rows: they
                                     ///< belong to the first prefix tokens
  std::int64_t grid_h = 14;          ///< patch grid of the position table in the file
  std::int64_t grid_w = 14;
  tensors::Resample resample = tensors::Resample::torch_bicubic_aa;
  bool norm_pre = false;

  // The blocks.
  std::int64_t width = 768;
  std::int64_t depth = 12;
  std::int64_t heads = 12;
  std::int64_t head_size = 64;
  std::int64_t mlp = 3072;  ///< channels that the last linear of an MLP reads
  GateWeights gate = GateWeights::none;
  Activation activation = Activation::gelu_erf;
  NormPlacement norm_placement = NormPlacement::pre;
  float eps = 1e-6f;
  Rotary2d rotary = Rotary2d::none;
  RotaryPlaces rotary_places = RotaryPlaces::centred;
  float rotary_theta = 100;  ///< the slowest pair turns theta^(1 - 4 / head_size) times slower
  std::int64_t rotary_grid_h = 0;  ///< the reference of counted places; 0: the image's own grid
  std::int64_t rotary_grid_w = 0;
  bool rotary_x_first = false;  ///< the first half of the pairs turns with the column, not the row
  RelativePosition relative;    ///< written as a word: "rpe-1.9-product-ctx-1-k", "bias"
  tensors::Resample relative_resample = tensors::Resample::torch_bilinear;  ///< of BEiT's tables
  HeadWeights head_weights = HeadWeights::joined;
  MatrixOrder block_matrix = MatrixOrder::out_in;  ///< of q, k, v, proj, fc1 and fc2
  bool head_axis = false;  ///< the file's q, k, v and proj have an axis for the heads
  bool q_bias = true;
  bool k_bias = true;
  bool v_bias = true;
  bool proj = true;  ///< without it the heads side by side are the attention's output
  bool proj_bias = true;
  bool mlp_bias = true;
  bool attn_norm = false;  ///< a norm of what the projection behind attention reads
  bool mlp_norm = false;   ///< a norm of what the last linear of an MLP reads
  bool layer_scale = false;

  // The head.
  FinalNorm final_norm = FinalNorm::before_pool;
  Pooling pooling = Pooling::token;
  bool mean_of_all = false;  ///< the mean takes in the prefix tokens; attention_pool, too
  /// In place of `pooling`: attention of a learned query, then x + fc2(act(fc1(norm(x)))).
  bool attention_pool = false;
  bool pooler = false;           ///< tanh(dense(pooled))
  std::int64_t pooler_size = 0;  ///< output channels of the pooler; 0 without one
  std::int64_t classes = 1000;   ///< 0: no head
  bool head_bias = true;
  MatrixOrder head_matrix = MatrixOrder::out_in;  ///< of the pooler, too
  bool two_heads = false;  ///< logits = (head(first token) + head_dist(second token)) / 2
  /// Edge, in pixels, of the square that the decoder of masked image modelling makes of a patch; 0:
  /// no decoder. With one the network has an input "mask": patches for which it is positive are
  /// mask_token before their positions are added.
  std::int64_t decoder_stride = 0;

  TensorNames names;

  std::int64_t prefix() const { return (cls ? 1 : 0) + (dist ? 1 : 0) + registers; }
  std::int64_t patches() const { return (image_h / patch_h) * (image_w / patch_w); }
  std::int64_t tokens() const { return prefix() + patches(); }
  /// Channels that the first linear of an MLP makes.
  std::int64_t hidden() const { return gate == GateWeights::none ? mlp : 2 * mlp; }

  template <class V>
  void visit(V& v) {
    visit_image(v);
    visit_tokens(v);
    visit_blocks(v);
    visit_head(v);
    names.visit(v);
  }
  bool operator==(const VitSpec&) const = default;

 private:
  template <class V>
  void visit_image(V& v) {
    v("channels", channels);
    v("image_h", image_h);
    v("image_w", image_w);
    v("patch_h", patch_h);
    v("patch_w", patch_w);
    v("patch_bias", patch_bias);
    v("patch_order", patch_order);
    v("patch_matrix", patch_matrix);
    v("patch_norm", patch_norm);
    v("pixel_peak", pixel_peak);
    for (std::size_t c = 0; c < 4; ++c) {
      v("mean" + std::to_string(c), mean[c]);
      v("std" + std::to_string(c), std_dev[c]);
    }
  }
  template <class V>
  void visit_tokens(V& v) {
    v("cls", cls);
    v("dist", dist);
    v("registers", registers);
    v("positions", positions);
    v("position_prefix", position_prefix);
    v("grid_h", grid_h);
    v("grid_w", grid_w);
    v("resample", resample);
    v("norm_pre", norm_pre);
  }
  template <class V>
  void visit_blocks(V& v) {
    v("width", width);
    v("depth", depth);
    v("heads", heads);
    v("head_size", head_size);
    v("mlp", mlp);
    v("gate", gate);
    v("activation", activation);
    v("norm_placement", norm_placement);
    v("eps", eps);
    v("head_weights", head_weights);
    v("block_matrix", block_matrix);
    v("head_axis", head_axis);
    v("q_bias", q_bias);
    v("k_bias", k_bias);
    v("v_bias", v_bias);
    v("proj", proj);
    v("proj_bias", proj_bias);
    v("mlp_bias", mlp_bias);
    v("attn_norm", attn_norm);
    v("mlp_norm", mlp_norm);
    v("layer_scale", layer_scale);
    v("rotary", rotary);
    v("rotary_places", rotary_places);
    v("rotary_theta", rotary_theta);
    v("rotary_grid_h", rotary_grid_h);
    v("rotary_grid_w", rotary_grid_w);
    v("rotary_x_first", rotary_x_first);
    visit_word(v, "relative", relative);
    v("relative_resample", relative_resample);
  }
  template <class V>
  void visit_head(V& v) {
    v("final_norm", final_norm);
    v("pooling", pooling);
    v("mean_of_all", mean_of_all);
    v("attention_pool", attention_pool);
    v("pooler", pooler);
    v("pooler_size", pooler_size);
    v("classes", classes);
    v("head_bias", head_bias);
    v("head_matrix", head_matrix);
    v("two_heads", two_heads);
    v("decoder_stride", decoder_stride);
  }
};

/// Throws CFG_RANGE (a value by itself), CFG_INCONSISTENT (values that do not fit together) or
/// CFG_BUDGET (larger than vitgen generates, with the memory it would take). Nothing is computed
/// from a value before it is known to be in range.
void check(const VitSpec& spec);

/// Throws CFG_INCONSISTENT for an image that is no whole number of patches.
void check_whole_patches(const VitSpec& spec);

/// "12 blocks of width 192, 3 heads, 197 tokens, 3x224x224 input, 1000 classes"
std::string summary(const VitSpec& spec);

}  // namespace vitgen
