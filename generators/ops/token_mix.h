#pragma once
// y[b][i][c] = scale[i] activation(sum_j w[i][j] x[b][j][c] + bias[i]) + shift[i]
// A linear map across tokens, the same for every channel: a pointwise convolution whose channels
// are the tokens (Tolstikhin et al. 2021, MLP-Mixer). scale and shift are those of a batch
// normalisation after the activation. The sum begins with the bias and runs in the order of j.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/epilogue.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct TokenMixSpec {
  static constexpr std::string_view op = "token_mix";
  int batch = 1;
  int tokens = 42;   ///< that are read
  int outputs = 42;  ///< tokens that are written
  int width = 256;
  Activation activation = Activation::gelu_erf;
  DType storage = DType::f32;

  bool valid() const { return are_extents({batch, tokens, outputs, width}) && is_storage(storage); }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("tokens", tokens);
    v("outputs", outputs);
    v("width", width);
    v("activation", activation);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const TokenMixSpec&) const = default;
};

/// input {width, tokens, batch} in storage, weight {tokens, outputs}, bias {outputs}, scale
/// {outputs}, shift {outputs}, output {width, outputs, batch} in storage.
std::vector<Operand> operands(const TokenMixSpec& spec);
double flops(const TokenMixSpec& spec);

struct TokenMix {
  Algorithm algorithm;
  Halide::Func acc;        ///< (c, i, b)
  Halide::Func activated;  ///< (c, i, b)
  Halide::Func output;
  Halide::Var c, i, b;
  Halide::RDom j;
};

TokenMix define(const TokenMixSpec& spec);

}  // namespace vitgen
