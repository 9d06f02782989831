#include "generators/models/support/rotary_names.h"

#include <utility>

namespace vitgen {

TensorNames eva_names(TensorNames names) {
  names.relative = names.relative_rows = names.relative_columns = "";
  names.q_bias = "blocks.{}.attn.q_bias";
  names.v_bias = "blocks.{}.attn.v_bias";
  return names;
}

TensorNames eva_split_names(TensorNames deit3) {
  TensorNames names = eva_names(std::move(deit3));
  names.qkv = names.q_bias = names.v_bias = "";
  names.q = "blocks.{}.attn.q_proj.*";
  names.k = "blocks.{}.attn.k_proj.*";
  names.v = "blocks.{}.attn.v_proj.*";
  return names;
}

TensorNames hf_dinov3_names() {
  TensorNames names;
  names.patch = "@embeddings.patch_embeddings.*";
  names.cls = "@embeddings.cls_token";
  names.registers = "@embeddings.register_tokens";
  names.norm1 = "@layer.{}.norm1.*";
  names.q = "@layer.{}.attention.q_proj.*";
  names.k = "@layer.{}.attention.k_proj.*";
  names.v = "@layer.{}.attention.v_proj.*";
  names.proj = "@layer.{}.attention.o_proj.*";
  names.gain1 = "@layer.{}.layer_scale1.lambda1";
  names.norm2 = "@layer.{}.norm2.*";
  names.fc1 = names.up = "@layer.{}.mlp.up_proj.*";
  names.gate = "@layer.{}.mlp.gate_proj.*";
  names.fc2 = names.down = "@layer.{}.mlp.down_proj.*";
  names.gain2 = "@layer.{}.layer_scale2.lambda1";
  names.norm = "@norm.*";
  return names;
}

TensorNames hf5_dinov3_names() {
  TensorNames names = hf_dinov3_names();
  const auto visitor = [](std::string_view, std::string& pattern) {
    if (pattern.starts_with("@layer.")) pattern.insert(1, "model.");
  };
  names.visit(visitor);
  return names;
}

}  // namespace vitgen
