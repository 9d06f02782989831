#pragma once
// out[b][i][h][d] = sum_j p[j] (v[b][j][h][d] + table_v[h][id(i, j)][d]) / sum_j p[j],
// p[j] = 2^(s[j] - max_j s[j]),
// s[j] = scale log2(e) (q[i] k[j] + q[i] table_k[h][id(i, j)] + k[j] table_q[h][id(j, i)])
// or, where tables hold biases, + table_k[h][id(i, j)] + table_q[h][id(j, i)]: powers of two.
// id(i, j) is the bucket of the distance of two tokens on a grid (position_buckets.h: image
// relative position encoding, BEiT); with two tables there is such a term for each.
//
// The terms of k come before those of q and the first table's before the second's; a score's sum
// begins with theirs. Products of q or k with a table are sums in the order of the channels, for
// each bucket once; probabilities of a bucket add up in the order of the keys, and the bucket's
// terms of out follow the sum over the keys in the order of the buckets. All of that is f32,
// whatever the storage of qkv and out is.

#include "generators/ops/attention.h"
#include "generators/ops/support/position_buckets.h"

namespace vitgen {

/// What a table holds for a bucket.
enum class Lookup : std::uint8_t {
  none,        ///< there is no table
  bias,        ///< a number, in powers of two
  contextual,  ///< a vector, which q or k is multiplied by, or which is added to v
};
inline std::vector<std::string_view> enum_names(Lookup) { return {"none", "bias", "contextual"}; }

struct RelativeAttentionSpec {
  static constexpr std::string_view op = "relative_attention";
  using Form = AttentionForm;
  int batch = 1;
  int tokens = 197;
  int heads = 12;
  int head_size = 64;
  float scale = 0.125f;
  int skip = 1;     ///< tokens before those of the grid
  int grid_w = 14;  ///< tokens of a row of the grid
  BucketMethod method = BucketMethod::product;
  float ratio = 1.9f;  ///< 0 for the method exact, which has none
  Lookup on_q = Lookup::none;
  Lookup on_k = Lookup::contextual;
  Lookup on_v = Lookup::none;  ///< not bias
  bool shared = true;          ///< one table for all heads
  DType storage = DType::f32;

  int width() const { return heads * head_size; }
  int grid_h() const { return (tokens - skip) / grid_w; }
  PositionBuckets buckets() const { return {method, ratio, grid_h(), grid_w}; }
  /// Buckets of all tables side by side.
  int table_width() const { return buckets().tables() * buckets().count(skip > 0); }
  int table_sets() const { return shared ? 1 : heads; }
  AttentionSpec plain() const { return {batch, tokens, heads, head_size, scale, storage}; }

  bool valid() const;

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("tokens", tokens);
    v("heads", heads);
    v("head_size", head_size);
    v("scale", scale);
    v("skip", skip);
    v("grid_w", grid_w);
    v("method", method);
    v("ratio", ratio);
    v("on_q", on_q);
    v("on_k", on_k);
    v("on_v", on_v);
    v("shared", shared);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const RelativeAttentionSpec&) const = default;
};

/// Columns of a contextual table of q or k: table_width in whole blocks of 16.
int padded_buckets(const RelativeAttentionSpec& spec);

/// qkv and output as of attention; between them those of table_k, table_q, table_v that there are:
/// contextual of k and q {padded_buckets, head_size, table_sets}, zero or not past the last bucket,
/// of v {head_size, table_width, table_sets}; biases {table_width, table_sets}.
std::vector<Operand> operands(const RelativeAttentionSpec& spec);
double flops(const RelativeAttentionSpec& spec);

struct RelativeAttention {
  Algorithm algorithm;
  Attention core;
  Halide::Func row_of, column_of;  ///< (j): of a token on the grid
  Halide::Func steps;              ///< (distance): how many thresholds it reaches
  Halide::Func ids;  ///< (lane, block, i, table): the column of query i and key lane + 16 block
  Halide::Func turned_ids;    ///< the same of query lane + 16 block and key i
  Halide::Func lookup_k;      ///< (bucket, i, h, b): q table_k
  Halide::Func lookup_q;      ///< (bucket, j, h, b): k table_q
  Halide::Func terms;         ///< (lane, block, i, h, b): what a score's sum begins with
  Halide::Func bucket_probs;  ///< (bucket, i, h, b): sum of probs over the keys of a bucket
  Halide::Var bucket, table, x;
  Halide::RDom keys, buckets;  ///< over (tokens, tables), over table_width
};

/// Those of attention.
std::vector<AttentionForm> forms(const RelativeAttentionSpec& spec);
RelativeAttention define(const RelativeAttentionSpec& spec,
                         AttentionForm form = AttentionForm::plain);

}  // namespace vitgen
