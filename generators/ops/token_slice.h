#pragma once
// y[b][i][c] = x[b][first + i][c]: the tokens behind the first ones.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct TokenSliceSpec {
  static constexpr std::string_view op = "token_slice";
  int batch = 1;
  int tokens = 197;
  int first = 1;
  int width = 768;
  DType storage = DType::f32;

  int count() const { return tokens - first; }
  bool valid() const {
    return are_extents({batch, tokens, width}) && first >= 0 && first < tokens &&
           is_storage(storage);
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("tokens", tokens);
    v("first", first);
    v("width", width);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const TokenSliceSpec&) const = default;
};

/// input {width, tokens, batch}, output {width, tokens - first, batch}, both in storage.
std::vector<Operand> operands(const TokenSliceSpec& spec);
double flops(const TokenSliceSpec& spec);
double bytes(const TokenSliceSpec& spec);

struct TokenSlice {
  Algorithm algorithm;
  Halide::Func output;
  Halide::Var c, i, b;
};

TokenSlice define(const TokenSliceSpec& spec);

}  // namespace vitgen
