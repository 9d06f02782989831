#pragma once
// y[i][c] = a[i][c] + b[i][c]
// A residual sum where no linear stands before it to add in its epilogue.

#include "generators/ops/support/algorithm.h"

namespace vitgen {

struct AddSpec {
  static constexpr std::string_view op = "add";
  int rows = 197;
  int width = 768;

  bool valid() const { return are_extents({rows, width}); }

  template <class V>
  void visit(V& v) {
    v("rows", rows);
    v("width", width);
  }
  bool operator==(const AddSpec&) const = default;
};

/// input {width, rows}, residual {width, rows}, output {width, rows}.
std::vector<Operand> operands(const AddSpec& spec);
double flops(const AddSpec& spec);

struct Add {
  Algorithm algorithm;
  Halide::Func output;
  Halide::Var c, i;
};

Add define(const AddSpec& spec);

}  // namespace vitgen
