#pragma once
// y[b][t][c] = x[b][t][c] + scale[t] activation(s[b][t][c] + bias[t]) + shift[t],
// s[b][t][c] = sum_k w[t][k] x[b][t][c + k - before], x zero outside of its row
// One filter along each token's channels, with its residual; scale and shift are those of a batch
// normalisation after the activation. The sum begins with the bias and runs in the order of k.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/epilogue.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct DepthwiseConvSpec {
  static constexpr std::string_view op = "depthwise_conv";
  int batch = 1;
  int tokens = 42;
  int width = 256;
  int taps = 8;
  int before = 3;  ///< taps left of the output; PyTorch's "same" has (taps - 1) / 2
  Activation activation = Activation::gelu_erf;
  DType storage = DType::f32;

  bool valid() const {
    return are_extents({batch, tokens, width, taps, before + std::int64_t{1}}) && before < taps &&
           taps <= 4096 && is_storage(storage);
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("tokens", tokens);
    v("width", width);
    v("taps", taps);
    v("before", before);
    v("activation", activation);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const DepthwiseConvSpec&) const = default;
};

/// input {width, tokens, batch} in storage, taps {taps, tokens}, bias {tokens}, scale {tokens},
/// shift {tokens}, output {width, tokens, batch} in storage.
std::vector<Operand> operands(const DepthwiseConvSpec& spec);
double flops(const DepthwiseConvSpec& spec);

struct DepthwiseConv {
  Algorithm algorithm;
  Halide::Func row;        ///< (c, t, b): the input, zero beyond its row
  Halide::Func acc;        ///< (c, t, b)
  Halide::Func activated;  ///< (c, t, b)
  Halide::Func output;
  Halide::Var c, t, b;
  Halide::RDom k;
};

DepthwiseConv define(const DepthwiseConvSpec& spec);

}  // namespace vitgen
