#pragma once
// y[i][c] = x[i][c] in f32: what leaves a network whose activations are narrower.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct WidenSpec {
  static constexpr std::string_view op = "widen";
  int rows = 197;
  int width = 768;
  DType storage = DType::f16;  ///< of the input

  bool valid() const {
    return are_extents({rows, width}) && is_storage(storage) && storage != DType::f32;
  }

  template <class V>
  void visit(V& v) {
    v("rows", rows);
    v("width", width);
    v("storage", storage);
  }
  bool operator==(const WidenSpec&) const = default;
};

/// input {width, rows} in storage, output {width, rows}.
std::vector<Operand> operands(const WidenSpec& spec);
double flops(const WidenSpec& spec);

struct Widen {
  Algorithm algorithm;
  Halide::Func output;
  Halide::Var c, i;
};

Widen define(const WidenSpec& spec);

}  // namespace vitgen
