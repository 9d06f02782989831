#pragma once
// From the tokens of an image to the vector that its classifier sees.
//   token:           y[b][c] = x[b][0][c]
//   two_tokens:      y[b] = [ x[b][0] | x[b][1] ]                        (DeiT's two heads)
//   mean:            y[b][c] = mean over the patch tokens t >= prefix
//   token_and_mean:  y[b] = [ x[b][0] | mean ]                           (DINOv2's classifier)
// The mean is summed in the order of t.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

enum class Pooling { token, two_tokens, mean, token_and_mean };
inline std::vector<std::string_view> enum_names(Pooling) {
  return {"token", "two_tokens", "mean", "token_and_mean"};
}

struct PoolSpec {
  static constexpr std::string_view op = "pool";
  int batch = 1;
  int tokens = 197;
  int prefix = 1;  ///< tokens before the first patch; the mean leaves them out
  int width = 768;
  Pooling pooling = Pooling::token;
  DType storage = DType::f32;

  int out_width() const {
    return pooling == Pooling::token || pooling == Pooling::mean ? width : 2 * width;
  }

  bool valid() const {
    return are_extents({batch, tokens, width, prefix + std::int64_t{1}}) && prefix < tokens &&
           (pooling != Pooling::two_tokens || tokens > 1) && is_storage(storage);
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("tokens", tokens);
    v("prefix", prefix);
    v("width", width);
    v("pooling", pooling);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const PoolSpec&) const = default;
};

/// input {width, tokens, batch}, output {out_width, batch}, both in storage.
std::vector<Operand> operands(const PoolSpec& spec);
double flops(const PoolSpec& spec);
/// Of the tokens that are read, and of the output.
double bytes(const PoolSpec& spec);

struct Pool {
  Algorithm algorithm;
  Halide::Func total;  ///< (c, b): sum over the patch tokens; unused by token and two_tokens
  Halide::Func output;
  Halide::Var c, b;
  Halide::RDom t;
};

Pool define(const PoolSpec& spec);

}  // namespace vitgen
