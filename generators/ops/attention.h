#pragma once
// out[b][i][h][d] = sum_j p[j] v[b][j][h][d] / sum_j p[j],
// p[j] = 2^(s[j] - max_j s[j]), s[j] = sum_d q[b][i][h][d] (scale log2(e) k[b][j][h][d])
// (Vaswani et al. 2017, equation 1, in powers of two.) Full-row softmax: a row of scores is at most
// a few thousand.
// With storage = f16 or bf16, q, k, v and out are that in memory; all between them is f32, but a
// machine may round p to storage where it multiplies v, and sums products in its own order.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

/// Definitions of the same sums for different machines.
enum class AttentionForm : std::uint8_t {
  plain,
  clamped_rows,  ///< queries and values past the last token repeat it: tiles cover any length
};
inline std::vector<std::string_view> enum_names(AttentionForm) { return {"plain", "clamped_rows"}; }

struct AttentionSpec {
  static constexpr std::string_view op = "attention";
  using Form = AttentionForm;
  int batch = 1;
  int tokens = 197;
  int heads = 12;
  int head_size = 64;
  float scale = 0.125f;
  DType storage = DType::f32;

  int width() const { return heads * head_size; }

  bool valid() const {
    return are_extents({batch, tokens, heads, head_size, 3 * std::int64_t{heads} * head_size}) &&
           is_storage(storage);
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("tokens", tokens);
    v("heads", heads);
    v("head_size", head_size);
    v("scale", scale);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const AttentionSpec&) const = default;
};

/// scale log2(e): what turns q k into an exponent of two.
double exponent_factor(const AttentionSpec& spec);

/// What keys are multiplied by so that scores are exponents of two: the exponent_factor, which is 1
/// where the scale is ln 2 because q holds the rest.
float key_factor(const AttentionSpec& spec);

/// Channels that stand side by side in a strip of values: at most 16, and they divide the head
/// size.
int value_strip(const AttentionSpec& spec);

/// In storage, qkv {3 width, tokens, batch}: each token's row is [q | k | v], each head-major;
/// output {head_size, heads, tokens, batch},
/// which is [tokens][width] in memory.
std::vector<Operand> operands(const AttentionSpec& spec);
double flops(const AttentionSpec& spec);
inline bool one_order(const AttentionSpec& spec) { return spec.storage == DType::f32; }

struct Attention {
  Algorithm algorithm;
  /// (d, j, h, b): key_factor k; rows past the last token repeat it. Kept in memory: of q factor k
  /// in one expression the compiler picks the pair to multiply first, and not the same one for each
  /// vector width.
  Halide::Func key_rows;
  /// (lane, d, block, h, b): key_rows transposed, j = lane + 16 block: what a tile of scores reads
  /// is one piece of memory.
  Halide::Func keys;
  Halide::Func values;  ///< (channel, j, strip, h, b): v, d = channel + value_strip() strip
  Halide::Func scores;  ///< (lane, block, i, h, b)
  Halide::Func lane_max, row_max;
  Halide::Func probs;  ///< (lane, block, i, h, b): unnormalised, zero past the last token
  Halide::Func lane_sum, inv_sum;
  Halide::Func acc;     ///< (d, i, h, b): sum over j of probs times v
  Halide::Func output;  ///< (d, h, i, b)
  Halide::Var d, h, i, j, b, lane, block, channel, strip;
  Halide::RDom rd, rj, blocks;  ///< over head_size, over tokens, over tokens in 16 lanes
};

std::vector<AttentionForm> forms(const AttentionSpec& spec);
Attention define(const AttentionSpec& spec, AttentionForm form = AttentionForm::plain);

/// The token that is read for `token`: in clamped_rows the last one past the end.
Halide::Expr row_of(const Halide::Var& token, const AttentionSpec& spec, AttentionForm form);

/// The parts of define(), in their order, for an op that puts terms of its own between them.
Attention declare_attention(const AttentionSpec& spec);
/// key_rows, keys, scores; a score's sum begins with `first`, of (lane, block, i, h, b).
void define_scores(Attention& op, const AttentionSpec& spec, const Halide::ImageParam& qkv,
                   const Halide::Expr& first, AttentionForm form = AttentionForm::plain);
void define_softmax(Attention& op, const AttentionSpec& spec);
/// values, acc
void define_values(Attention& op, const AttentionSpec& spec, const Halide::ImageParam& qkv,
                   AttentionForm form = AttentionForm::plain);
void define_output(Attention& op, const Operand& output);

}  // namespace vitgen
