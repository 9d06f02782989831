#include "generators/models/support/rotary_names.h"
#include "generators/models/support/scheme.h"

namespace vitgen {

namespace {

/// timm's AttentionPoolLatent.
AttentionPoolNames timm_pool_names() {
  return {.probe = "attn_pool.latent",
          .qkv = "",
          .q = "attn_pool.q.*",
          .kv = "attn_pool.kv.*",
          .k = "",
          .v = "",
          .proj = "attn_pool.proj.*",
          .norm = "attn_pool.norm.*",
          .fc1 = "attn_pool.mlp.fc1.*",
          .fc2 = "attn_pool.mlp.fc2.*"};
}

/// The head of transformers' SigLIP.
AttentionPoolNames hf_pool_names() {
  return {.probe = "@head.probe",
          .qkv = "@head.attention.in_proj_*",
          .q = "",
          .kv = "",
          .k = "",
          .v = "",
          .proj = "@head.attention.out_proj.*",
          .norm = "@head.layernorm.*",
          .fc1 = "@head.mlp.fc1.*",
          .fc2 = "@head.mlp.fc2.*"};
}

/// big_vision's MAPHead.
AttentionPoolNames flax_pool_names() {
  return {.probe = "MAPHead_0/probe",
          .qkv = "",
          .q = "MAPHead_0/MultiHeadDotProductAttention_0/query/<kernel|bias>",
          .kv = "",
          .k = "MAPHead_0/MultiHeadDotProductAttention_0/key/<kernel|bias>",
          .v = "MAPHead_0/MultiHeadDotProductAttention_0/value/<kernel|bias>",
          .proj = "MAPHead_0/MultiHeadDotProductAttention_0/out/<kernel|bias>",
          .norm = "MAPHead_0/LayerNorm_0/<scale|bias>",
          .fc1 = "MAPHead_0/MlpBlock_0/Dense_0/<kernel|bias>",
          .fc2 = "MAPHead_0/MlpBlock_0/Dense_1/<kernel|bias>"};
}

TensorNames timm_names() {
  return {.patch = "patch_embed.proj.*",
          .patch_norm = "patch_embed.norm.*",
          .cls = "cls_token",
          .dist = "dist_token",
          .registers = "reg_token",
          .position = "pos_embed",
          .norm_pre = "norm_pre.*",
          .norm1 = "blocks.{}.norm1.*",
          .qkv = "blocks.{}.attn.qkv.*",
          .q = "",
          .k = "",
          .v = "",
          .relative = "blocks.{}.attn.rpe_{r}.lookup_table_*",
          .relative_rows = "blocks.{}.attn.rpe_{r}.rp_rows.lookup_table_*",
          .relative_columns = "blocks.{}.attn.rpe_{r}.rp_cols.lookup_table_*",
          .attn_norm = "blocks.{}.attn.norm.*",
          .proj = "blocks.{}.attn.proj.*",
          .gain1 = "blocks.{}.ls1.gamma",
          .norm2 = "blocks.{}.norm2.*",
          .fc1 = "blocks.{}.mlp.fc1.*",
          .fc2 = "blocks.{}.mlp.fc2.*",
          .gain2 = "blocks.{}.ls2.gamma",
          .gate_up = "blocks.{}.mlp.fc1.*",
          .gate = "blocks.{}.mlp.fc1_g.*",
          .up = "blocks.{}.mlp.fc1_x.*",
          .down = "blocks.{}.mlp.fc2.*",
          .mlp_norm = "blocks.{}.mlp.norm.*",
          .norm = "norm.*",
          .fc_norm = "fc_norm.*",
          .pooler = "",
          .head = "head.*",
          .head_dist = "head_dist.*",
          .mask_token = "",
          .decoder = "",
          .attention_pool = timm_pool_names()};
}

/// DeiT III as its authors publish it: LayerScale has other names than in timm.
TensorNames deit3_names() {
  TensorNames names = timm_names();
  names.gain1 = "blocks.{}.gamma_1";
  names.gain2 = "blocks.{}.gamma_2";
  return names;
}

/// DINOv2 as its authors publish it: registers have another name than in timm, and no positions;
/// so have the gated MLPs of the giant.
TensorNames dinov2_names() {
  TensorNames names = timm_names();
  names.registers = "register_tokens";
  names.gate_up = "blocks.{}.mlp.w12.*";
  names.gate = names.up = "";
  names.down = "blocks.{}.mlp.w3.*";
  return names;
}

/// BEiT as its authors and timm publish it: biases of q and v apart from the fused weight.
TensorNames beit_names() {
  TensorNames names = deit3_names();
  names.q_bias = "blocks.{}.attn.q_bias";
  names.v_bias = "blocks.{}.attn.v_bias";
  names.relative = names.relative_rows = names.relative_columns = "";
  names.relative_table = "blocks.{}.attn.relative_position_bias_table";
  names.relative_common_table = "rel_pos_bias.relative_position_bias_table";
  return names;
}

/// vitgen's own names for networks written by hand: a tensor for each head.
TensorNames numpy_names() {
  TensorNames names = timm_names();
  names.patch = "patch_embed.*";
  names.patch_norm = "patch_norm.*";
  names.qkv = "";
  names.q = "blocks.{}.attn.q.{h}.*";
  names.k = "blocks.{}.attn.k.{h}.*";
  names.v = "blocks.{}.attn.v.{h}.*";
  return names;
}

/// transformers, ViT and DeiT: what every version writes to files.
TensorNames hf_names() {
  return {.patch = "@embeddings.patch_embeddings.projection.*",
          .patch_norm = "",
          .cls = "@embeddings.cls_token",
          .dist = "@embeddings.distillation_token",
          .registers = "",
          .position = "@embeddings.position_embeddings",
          .norm_pre = "",
          .norm1 = "@encoder.layer.{}.layernorm_before.*",
          .qkv = "",
          .q = "@encoder.layer.{}.attention.attention.query.*",
          .k = "@encoder.layer.{}.attention.attention.key.*",
          .v = "@encoder.layer.{}.attention.attention.value.*",
          .proj = "@encoder.layer.{}.attention.output.dense.*",
          .gain1 = "",
          .norm2 = "@encoder.layer.{}.layernorm_after.*",
          .fc1 = "@encoder.layer.{}.intermediate.dense.*",
          .fc2 = "@encoder.layer.{}.output.dense.*",
          .gain2 = "",
          .norm = "@layernorm.*",
          .fc_norm = "",
          .pooler = "@pooler.dense.*",
          .head = "classifier.*",
          .head_dist = "distillation_classifier.*",
          .mask_token = "@embeddings.mask_token",
          .decoder = "decoder.0.*"};
}

/// The same as transformers 5 calls it in memory, for files of torch's state_dict().
TensorNames hf5_names() {
  TensorNames names = hf_names();
  names.norm1 = "@layers.{}.layernorm_before.*";
  names.q = "@layers.{}.attention.q_proj.*";
  names.k = "@layers.{}.attention.k_proj.*";
  names.v = "@layers.{}.attention.v_proj.*";
  names.proj = "@layers.{}.attention.o_proj.*";
  names.norm2 = "@layers.{}.layernorm_after.*";
  names.fc1 = "@layers.{}.mlp.fc1.*";
  names.fc2 = "@layers.{}.mlp.fc2.*";
  return names;
}

/// transformers, BEiT.
TensorNames hf_beit_names() {
  TensorNames names = hf_names();
  names.dist = names.head_dist = names.pooler = names.decoder = "";
  names.gain1 = "@encoder.layer.{}.lambda_1";
  names.gain2 = "@encoder.layer.{}.lambda_2";
  names.fc_norm = "@pooler.layernorm.*";
  names.relative_table =
      "@encoder.layer.{}.attention.attention.relative_position_bias.relative_position_bias_table";
  names.relative_common_table = "@encoder.relative_position_bias.relative_position_bias_table";
  return names;
}

TensorNames hf5_beit_names() {
  TensorNames names = hf5_names();
  names.dist = names.head_dist = names.pooler = names.decoder = "";
  names.gain1 = "@layers.{}.lambda_1";
  names.gain2 = "@layers.{}.lambda_2";
  names.fc_norm = "@pooler.layernorm.*";
  names.relative_table = "@layers.{}.relative_position_bias.relative_position_bias_table";
  names.relative_common_table = "@shared_position_bias.relative_position_bias_table";
  return names;
}

/// transformers, DINOv2 with or without registers.
TensorNames hf_dinov2_names() {
  TensorNames names = hf_names();
  names.dist = "";
  names.registers = "@embeddings.register_tokens";
  names.norm1 = "@encoder.layer.{}.norm1.*";
  names.gain1 = "@encoder.layer.{}.layer_scale1.lambda1";
  names.norm2 = "@encoder.layer.{}.norm2.*";
  names.fc1 = "@encoder.layer.{}.mlp.fc1.*";
  names.fc2 = "@encoder.layer.{}.mlp.fc2.*";
  names.gain2 = "@encoder.layer.{}.layer_scale2.lambda1";
  names.gate_up = "@encoder.layer.{}.mlp.weights_in.*";
  names.down = "@encoder.layer.{}.mlp.weights_out.*";
  names.pooler = "";
  names.head_dist = "";
  names.mask_token = names.decoder = "";
  return names;
}

TensorNames hf5_dinov2_names() {
  TensorNames names = hf_dinov2_names();
  names.q = "@encoder.layer.{}.attention.q_proj.*";
  names.k = "@encoder.layer.{}.attention.k_proj.*";
  names.v = "@encoder.layer.{}.attention.v_proj.*";
  names.proj = "@encoder.layer.{}.attention.o_proj.*";
  names.gate_up = "";
  names.gate = "@encoder.layer.{}.mlp.gate_proj.*";
  names.up = "@encoder.layer.{}.mlp.up_proj.*";
  names.down = "@encoder.layer.{}.mlp.down_proj.*";
  return names;
}

/// transformers, the vision towers of CLIP, whose last norm is that of the pooled token, and of
/// SigLIP, where it is that of all.
TensorNames hf_clip_names() {
  TensorNames names;
  names.patch = "@embeddings.patch_embedding.*";
  names.cls = "@embeddings.class_embedding";
  names.position = "@embeddings.position_embedding.weight";
  names.norm_pre = "@pre_layrnorm.*";
  names.norm1 = "@encoder.layers.{}.layer_norm1.*";
  names.q = "@encoder.layers.{}.self_attn.q_proj.*";
  names.k = "@encoder.layers.{}.self_attn.k_proj.*";
  names.v = "@encoder.layers.{}.self_attn.v_proj.*";
  names.proj = "@encoder.layers.{}.self_attn.out_proj.*";
  names.norm2 = "@encoder.layers.{}.layer_norm2.*";
  names.fc1 = "@encoder.layers.{}.mlp.fc1.*";
  names.fc2 = "@encoder.layers.{}.mlp.fc2.*";
  names.norm = names.fc_norm = "@post_layernorm.*";
  names.head = "visual_projection.*";
  names.attention_pool = hf_pool_names();
  return names;
}

/// CLIP's vision tower as its authors publish it.
TensorNames openai_clip_names() {
  TensorNames names;
  names.patch = "visual.conv1.*";
  names.cls = "visual.class_embedding";
  names.position = "visual.positional_embedding";
  names.norm_pre = "visual.ln_pre.*";
  names.norm1 = "visual.transformer.resblocks.{}.ln_1.*";
  names.qkv = "visual.transformer.resblocks.{}.attn.in_proj_*";
  names.proj = "visual.transformer.resblocks.{}.attn.out_proj.*";
  names.norm2 = "visual.transformer.resblocks.{}.ln_2.*";
  names.fc1 = "visual.transformer.resblocks.{}.mlp.c_fc.*";
  names.fc2 = "visual.transformer.resblocks.{}.mlp.c_proj.*";
  names.fc_norm = "visual.ln_post.*";
  names.head = "visual.proj";
  return names;
}

/// Google's vision_transformer as published: flax counted the layers of a block, dropout included.
TensorNames google_names() {
  return {.patch = "embedding/<kernel|bias>",
          .patch_norm = "",
          .cls = "cls",
          .dist = "",
          .registers = "",
          .position = "Transformer/posembed_input/pos_embedding",
          .norm_pre = "",
          .norm1 = "Transformer/encoderblock_{}/LayerNorm_0/<scale|bias>",
          .qkv = "",
          .q = "Transformer/encoderblock_{}/MultiHeadDotProductAttention_1/query/<kernel|bias>",
          .k = "Transformer/encoderblock_{}/MultiHeadDotProductAttention_1/key/<kernel|bias>",
          .v = "Transformer/encoderblock_{}/MultiHeadDotProductAttention_1/value/<kernel|bias>",
          .proj = "Transformer/encoderblock_{}/MultiHeadDotProductAttention_1/out/<kernel|bias>",
          .gain1 = "",
          .norm2 = "Transformer/encoderblock_{}/LayerNorm_2/<scale|bias>",
          .fc1 = "Transformer/encoderblock_{}/MlpBlock_3/Dense_0/<kernel|bias>",
          .fc2 = "Transformer/encoderblock_{}/MlpBlock_3/Dense_1/<kernel|bias>",
          .gain2 = "",
          .norm = "Transformer/encoder_norm/<scale|bias>",
          .fc_norm = "",
          .pooler = "pre_logits/<kernel|bias>",
          .head = "head/<kernel|bias>",
          .head_dist = "",
          .mask_token = "",
          .decoder = "",
          .attention_pool = flax_pool_names()};
}

/// The same code with today's flax, which counts layers of a kind by themselves.
TensorNames google_linen_names() {
  TensorNames names = google_names();
  names.q = "Transformer/encoderblock_{}/MultiHeadDotProductAttention_0/query/<kernel|bias>";
  names.k = "Transformer/encoderblock_{}/MultiHeadDotProductAttention_0/key/<kernel|bias>";
  names.v = "Transformer/encoderblock_{}/MultiHeadDotProductAttention_0/value/<kernel|bias>";
  names.proj = "Transformer/encoderblock_{}/MultiHeadDotProductAttention_0/out/<kernel|bias>";
  names.norm2 = "Transformer/encoderblock_{}/LayerNorm_1/<scale|bias>";
  names.fc1 = "Transformer/encoderblock_{}/MlpBlock_0/Dense_0/<kernel|bias>";
  names.fc2 = "Transformer/encoderblock_{}/MlpBlock_0/Dense_1/<kernel|bias>";
  return names;
}

/// Google's big_vision.
TensorNames big_vision_names() {
  TensorNames names = google_linen_names();
  names.position = "pos_embedding";
  return names;
}

/// Of files that tensors alone do not explain.
NamingScheme config_scheme(std::string_view name, std::vector<std::string_view> prefixes,
                           TensorNames names, std::string_view makers) {
  return {.name = name,
          .prefixes = std::move(prefixes),
          .names = std::move(names),
          .needs_config = makers};
}

NamingScheme flax_scheme(std::string_view name, TensorNames names) {
  return {.name = name,
          .prefixes = {},
          .names = std::move(names),
          .layout =
              "patch_order=hwc,patch_matrix=in_out,block_matrix=in_out,head_axis=1,"
              "head_matrix=in_out",
          .defaults = {.activation = Activation::gelu_tanh,
                       .resample = tensors::Resample::linear_corners,
                       .plain_resize = true},
          .unsupported = {{"conv_root/kernel", "a convolutional stem"}}};
}

}  // namespace

std::span<const NamingScheme> all_schemes() {
  constexpr std::string_view hf = "a model of transformers";
  constexpr std::string_view eva = "a model of timm's Eva";  // whose rotation no tensor shows
  static const NamingScheme schemes[] = {
      {"timm", {}, timm_names()},
      {"deit3", {}, deit3_names()},
      {"dinov2", {}, dinov2_names()},
      config_scheme("timm_eva", {}, eva_names(deit3_names()), eva),
      config_scheme("timm_eva_split", {}, eva_split_names(deit3_names()), eva),
      {"beit", {}, beit_names()},
      config_scheme("numpy", {}, numpy_names(), "a model with the names of the scheme numpy"),
      config_scheme("hf", {"vit.", "deit."}, hf_names(), hf),
      config_scheme("hf5", {"vit.", "deit."}, hf5_names(), hf),
      config_scheme("hf_beit", {"beit."}, hf_beit_names(), hf),
      config_scheme("hf5_beit", {"beit."}, hf5_beit_names(), hf),
      config_scheme("hf_dinov2", {"dinov2.", "dinov2_with_registers."}, hf_dinov2_names(), hf),
      config_scheme("hf5_dinov2", {"dinov2.", "dinov2_with_registers."}, hf5_dinov2_names(), hf),
      config_scheme("hf_dinov3", {}, hf_dinov3_names(), hf),
      config_scheme("hf5_dinov3", {}, hf5_dinov3_names(), hf),
      config_scheme("hf_clip", {"vision_model."}, hf_clip_names(), hf),
      {.name = "openai_clip",
       .prefixes = {},
       .names = openai_clip_names(),
       .layout = "head_matrix=in_out",
       .needs_config = "CLIP"},
      flax_scheme("google", google_names()),
      flax_scheme("google_linen", google_linen_names()),
      flax_scheme("big_vision", big_vision_names()),
  };
  return schemes;
}

}  // namespace vitgen
