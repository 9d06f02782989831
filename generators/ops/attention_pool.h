#pragma once
// y[b][h][d] = sum_t p[t] v[b][t][h][d] / sum_t p[t],  p[t] = 2^(s[b][t][h] - max_t s[b][t][h]),
// t >= P.
// Attention with one query that is the same for every image: what it makes of a key is a linear
// map of the token, so the linear that gives v gives the scores s, too, as exponents of two. All
// sums run in the order of t.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct AttentionPoolSpec {
  static constexpr std::string_view op = "attention_pool";
  int batch = 1;
  int tokens = 196;
  int prefix = 0;  ///< P: tokens that are not pooled
  int heads = 12;
  int head_size = 64;
  DType storage = DType::f32;

  int width() const { return heads * head_size; }
  int pooled() const { return tokens - prefix; }
  int row() const { return width() + heads; }

  bool valid() const {
    return are_extents({batch, tokens, prefix + std::int64_t{1}, tokens - std::int64_t{prefix},
                        heads, head_size, std::int64_t{heads} * head_size + heads}) &&
           is_storage(storage);
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("tokens", tokens);
    v("prefix", prefix);
    v("heads", heads);
    v("head_size", head_size);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const AttentionPoolSpec&) const = default;
};

/// input {width + heads, tokens, batch}: each token's row is [v | s], v head-major;
/// output {head_size, heads, batch} in storage. The input is f32: scores are exponents, whose
/// rounding would be a factor of p.
std::vector<Operand> operands(const AttentionPoolSpec& spec);
double flops(const AttentionPoolSpec& spec);

struct AttentionPool {
  Algorithm algorithm;
  Halide::Func top;    ///< (h, b)
  Halide::Func power;  ///< (t, h, b), t from the first that is pooled
  Halide::Func total;  ///< (h, b)
  Halide::Func acc;    ///< (d, h, b)
  Halide::Func output;
  Halide::Var d, h, t, b;
  Halide::RDom all;  ///< over the pooled tokens
};

AttentionPool define(const AttentionPoolSpec& spec);

}  // namespace vitgen
