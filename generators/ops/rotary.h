#pragma once
// q and k of the patches, token t = prefix + p, turned by their place in the image:
//   y[j]        = x[j] cos[p][j] - x[j + D/2] sin[p][j]
//   y[j + D/2]  = x[j + D/2] cos[p][j] + x[j] sin[p][j]       for j < D/2, in each head of size D
// v, and the tokens before the patches, are copied (Su et al. 2021, equation 34, with the halves of
// a head for neighbours: which channels are a pair is a matter of the rows of the maps to q and k).

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct RotarySpec {
  static constexpr std::string_view op = "rotary";
  int batch = 1;
  int tokens = 201;
  int prefix = 5;
  int heads = 6;
  int head_size = 64;
  DType storage = DType::f32;

  int half() const { return head_size / 2; }
  int width() const { return heads * head_size; }
  int rows() const { return batch * tokens; }

  bool valid() const {
    return are_extents({batch, tokens, heads, head_size, prefix + std::int64_t{1},
                        std::int64_t{batch} * tokens, 3 * std::int64_t{heads} * head_size}) &&
           head_size % 2 == 0 && prefix < tokens && is_storage(storage);
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
  bool operator==(const RotarySpec&) const = default;
};

/// qkv {head_size / 2, 2, 3 heads, batch tokens}, which is {3 width, tokens, batch} in memory, each
/// token's row [q | k | v]; cos and sin {head_size / 2, tokens - prefix}; output like qkv.
/// qkv and output are in storage.
std::vector<Operand> operands(const RotarySpec& spec);
double flops(const RotarySpec& spec);

struct Rotary {
  Algorithm algorithm;
  Halide::Func output;        ///< (j, side, g, i)
  Halide::Var j, side, g, i;  ///< g: a head of q, k or v; i: a token of an image
};

Rotary define(const RotarySpec& spec);

}  // namespace vitgen
