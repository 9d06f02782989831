#pragma once
// What the tensors of a model are called in its file.

#include <string>
#include <string_view>

namespace vitgen {

/// Of attention pooling (SigLIP); q, k and v as in TensorNames, or k and v fused.
struct AttentionPoolNames {
  std::string probe;
  std::string qkv, q, kv, k, v;
  std::string proj, norm, fc1, fc2;

  template <class V>
  void visit(V& v_) {
    v_("name.attention_pool_probe", probe);
    v_("name.attention_pool_qkv", qkv);
    v_("name.attention_pool_q", q);
    v_("name.attention_pool_kv", kv);
    v_("name.attention_pool_k", k);
    v_("name.attention_pool_v", v);
    v_("name.attention_pool_proj", proj);
    v_("name.attention_pool_norm", norm);
    v_("name.attention_pool_fc1", fc1);
    v_("name.attention_pool_fc2", fc2);
  }
  bool operator==(const AttentionPoolNames&) const = default;
};

/// Patterns: `{}` is the number of the block, `{h}` that of the head, `<kernel|bias>` what the
/// weight and the bias are called there, `*` the same as `<weight|bias>`, `{r}` which of q, k and v
/// a table of relative positions is for. Empty: the file has no such tensor.
struct TensorNames {
  std::string patch;  ///< "patch_embed.proj.*"
  std::string patch_norm;
  std::string cls, dist, registers, position;
  std::string norm_pre;
  std::string norm1;
  std::string qkv;                       ///< fused, rows [q | k | v]; otherwise
  std::string q_bias = {}, v_bias = {};  ///< beside a fused weight without a bias
  std::string qk = {};                   ///< q and k fused, v by itself; otherwise
  std::string q, k, v;                   ///< each by itself
  /// Tables of relative positions: one, or one of row distances and one of column distances.
  std::string relative = {}, relative_rows = {}, relative_columns = {};
  /// BEiT's tables of relative positions: of a block, of all blocks.
  std::string relative_table = {}, relative_common_table = {};
  std::string attn_norm = {};  ///< of what proj reads
  std::string proj, gain1;
  std::string norm2;
  std::string fc1, fc2, gain2;
  /// Of an MLP with a gate: its first linear fused, rows [gate | up]; each by itself; its last one.
  std::string gate_up = {}, gate = {}, up = {}, down = {};
  std::string mlp_norm = {};  ///< of what fc2 or down reads
  std::string norm;           ///< before the pooling
  std::string fc_norm;        ///< after it
  std::string pooler, head, head_dist;
  std::string mask_token = {}, decoder = {};  ///< of masked image modelling
  AttentionPoolNames attention_pool = {};

  template <class V>
  void visit(V& v_) {
    v_("name.patch", patch);
    v_("name.patch_norm", patch_norm);
    v_("name.cls", cls);
    v_("name.dist", dist);
    v_("name.registers", registers);
    v_("name.position", position);
    v_("name.norm_pre", norm_pre);
    v_("name.norm1", norm1);
    v_("name.qkv", qkv);
    v_("name.q_bias", q_bias);
    v_("name.v_bias", v_bias);
    v_("name.qk", qk);
    v_("name.q", q);
    v_("name.k", k);
    v_("name.v", v);
    v_("name.relative", relative);
    v_("name.relative_rows", relative_rows);
    v_("name.relative_columns", relative_columns);
    v_("name.relative_table", relative_table);
    v_("name.relative_common_table", relative_common_table);
    v_("name.attn_norm", attn_norm);
    v_("name.proj", proj);
    v_("name.gain1", gain1);
    v_("name.norm2", norm2);
    v_("name.fc1", fc1);
    v_("name.fc2", fc2);
    v_("name.gain2", gain2);
    v_("name.gate_up", gate_up);
    v_("name.gate", gate);
    v_("name.up", up);
    v_("name.down", down);
    v_("name.mlp_norm", mlp_norm);
    v_("name.norm", norm);
    v_("name.fc_norm", fc_norm);
    v_("name.pooler", pooler);
    v_("name.head", head);
    v_("name.head_dist", head_dist);
    v_("name.mask_token", mask_token);
    v_("name.decoder", decoder);
    attention_pool.visit(v_);
  }
  bool operator==(const TensorNames&) const = default;
};

/// `pattern` with what it calls `part`, "weight" or "bias"; the numbers are left open.
std::string with_part(std::string_view pattern, std::string_view part);

/// `pattern` with its numbers of block and head and its "weight" or "bias" filled in.
std::string tensor_name(std::string_view pattern, std::string_view part = {}, int block = 0,
                        int head = 0);

/// `pattern` of a table of relative positions with `of`, 'q', 'k' or 'v', filled in.
std::string table_pattern(std::string_view pattern, char of);

}  // namespace vitgen
