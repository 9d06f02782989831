#pragma once
// y[i][c] = activation(x[i][c]) x[i][width + c]
// The gate of an MLP (Shazeer 2020), whose first linear gives both halves side by side: SwiGLU with
// the activation silu.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/epilogue.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct GateSpec {
  static constexpr std::string_view op = "gate";
  int rows = 257;
  int width = 4096;  ///< of the output
  Activation activation = Activation::silu;
  DType storage = DType::f32;

  bool valid() const { return are_extents({rows, 2 * std::int64_t{width}}) && is_storage(storage); }

  template <class V>
  void visit(V& v) {
    v("rows", rows);
    v("width", width);
    v("activation", activation);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const GateSpec&) const = default;
};

/// input {2 width, rows}, output {width, rows}, both in storage.
std::vector<Operand> operands(const GateSpec& spec);
double flops(const GateSpec& spec);

struct Gate {
  Algorithm algorithm;
  Halide::Func output;
  Halide::Var c, i;
};

Gate define(const GateSpec& spec);

}  // namespace vitgen
