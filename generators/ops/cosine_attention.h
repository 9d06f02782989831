#pragma once
// w[b][r] = e[r] / sum_r' e[r'], e[r] = exp((s[r] - max s) / temperature),
// s[r] the cosine of the first token and patch ids[b][r]: x.y / (max(|x|, 1e-8) max(|y|, 1e-8)).
// (DropPos, Wang et al. 2023, section 3.2: how much the whole image attends to each patch.)

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct CosineAttentionSpec {
  static constexpr std::string_view op = "cosine_attention";
  int batch = 1;
  int prefix = 1;  ///< tokens before the patches, at least the first
  int patches = 196;
  int kept = 49;
  int width = 768;
  float temperature = 0.1f;
  DType storage = DType::f32;

  int tokens() const { return prefix + patches; }
  bool valid() const {
    return are_extents({batch, prefix, patches, kept, width, std::int64_t{prefix} + patches}) &&
           temperature > 0 && is_storage(storage);
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("prefix", prefix);
    v("patches", patches);
    v("kept", kept);
    v("width", width);
    v("temperature", temperature);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const CosineAttentionSpec&) const = default;
};

/// tokens {width, prefix + patches, batch} in storage, ids {kept, batch}, output {kept, batch}.
std::vector<Operand> operands(const CosineAttentionSpec& spec);
double flops(const CosineAttentionSpec& spec);
/// Of the tokens, those that are read.
double bytes(const CosineAttentionSpec& spec);

struct CosineAttention {
  Algorithm algorithm;
  Halide::Func first_square;  ///< (b): |x|^2
  Halide::Func square, dot;   ///< (r, b): |y|^2 and x.y
  Halide::Func cosine, top, weight, total;
  Halide::Func output;
  Halide::Var r, b;
  Halide::RDom c, kept;  ///< over the width, over the patches that are kept
};

CosineAttention define(const CosineAttentionSpec& spec);

}  // namespace vitgen
