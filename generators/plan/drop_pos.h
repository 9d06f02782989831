#pragma once
// DropPos (Wang et al., NeurIPS 2023): pre-training by guessing where patches stand. Most patches
// are left out, most of the rest lose their position, and a decoder says which position each had.

#include <cstdint>
#include <string>

#include "generators/plan/plan_options.h"
#include "generators/plan/vit_spec.h"

namespace vitgen {

/// x = patch_embed(image); ids = the `kept` patches of the smallest patch_noise, in its order
/// y = [prefix | x[ids] + (position of ids, or mask_pos_token where position_noise is not among the
///      `visible` smallest)], through the encoder's blocks and norm
/// logits = decoder_pred(decoder_norm(decoder_blocks(decoder_embed(y)))) without the prefix
/// loss = soft cross-entropy of the logits where the position was hidden, targets smoothed with
/// sigma; `attentive` weighs it with how much the whole image's [CLS] attends to each patch
/// (a second pass through the encoder, with all patches and positions).
struct DropPosSpec {
  static constexpr std::string_view kind = "drop_pos";

  VitSpec encoder;  ///< without a head
  std::int64_t kept = 49;
  std::int64_t visible = 12;
  float sigma = 1;  ///< of the position smoothing, in patches; 0: none
  bool attentive = false;
  float temperature = 0.1f;  ///< of the attention over patches
  std::int64_t decoder_width = 512;
  std::int64_t decoder_depth = 2;
  std::int64_t decoder_heads = 16;
  std::int64_t decoder_mlp = 2048;
  std::string mask_token = "mask_pos_token";
  std::string decoder_embed = "decoder_embed.*";
  std::string decoder_pred = "decoder_pred.*";
  TensorNames decoder_names;

  template <class V>
  void visit(V& v) {
    encoder.visit(v);
    v("kept", kept);
    v("visible", visible);
    v("sigma", sigma);
    v("attentive", attentive);
    v("temperature", temperature);
    v("decoder_width", decoder_width);
    v("decoder_depth", decoder_depth);
    v("decoder_heads", decoder_heads);
    v("decoder_mlp", decoder_mlp);
    v("mask_token", mask_token);
    v("decoder_embed", decoder_embed);
    v("decoder_pred", decoder_pred);
    const auto of_decoder = [&](std::string_view name, auto& value) {
      v(std::string("decoder_names_").append(name), value);
    };
    decoder_names.visit(of_decoder);
  }
  bool operator==(const DropPosSpec&) const = default;
};

/// Throws CFG_RANGE, CFG_INCONSISTENT, CFG_BUDGET.
void check(const DropPosSpec& spec);

/// The positions of the training's size are the classes, so there is no other: throws
/// IMAGE_SIZE_NONE, of class usage, for it.
DropPosSpec sized_for(const DropPosSpec& spec, const PlanOptions& options);

/// Inputs "image", "patch_noise" {patches}, "position_noise" {kept}, any numbers without repeats:
/// uniform noise, or the places that patches shall have. Outputs "logits" {patches, kept}, "labels"
/// {kept} (the positions, whole numbers), "loss" {3} (sums of weighted cross-entropy, of weights,
/// of weighted hits: the loss of a batch is the quotient of its sums), "tokens" {width, tokens} of
/// the encoder. Throws what check() throws, and of class usage OUTPUT_UNKNOWN, BATCH_RANGE.
Plan lower(const DropPosSpec& spec, const PlanOptions& options);

std::string summary(const DropPosSpec& spec);

}  // namespace vitgen
