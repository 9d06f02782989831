#pragma once
// y[i][j] = activation(sum_k x[i][k] w[j][k] + bias[j]) + residual[i][j]
// i: rows (batch x tokens), j: output channels, k: input channels, summed in the order of k.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/epilogue.h"

namespace vitgen {

struct LinearSpec {
  static constexpr std::string_view op = "linear";
  int rows = 1;
  int k = 1;
  int n = 1;
  int panel = 16;  ///< columns stored together: w is packed as [n/panel][k][panel], zero padded
  Epilogue epilogue;

  template <class V>
  void visit(V& v) {
    v("rows", rows);
    v("k", k);
    v("n", n);
    v("panel", panel);
    epilogue.visit(v);
  }
  bool operator==(const LinearSpec&) const = default;
};

/// The panel width in which a weight with n output channels is stored, for every machine:
/// the one of {48, 32, 16} that wastes the fewest columns, the widest of equals. All three are
/// whole numbers of 8- and 16-lane vectors.
int panel_width(int n);

/// n rounded up to whole panels.
int padded(int n, int panel);

/// input {k, rows}, weight {panel, k, panels}, [bias {padded n}], [residual {n, rows}],
/// output {n, rows}.
std::vector<Operand> operands(const LinearSpec& spec);
double flops(const LinearSpec& spec);

struct Linear {
  Algorithm algorithm;
  Halide::Func acc;
  Halide::Func output;
  Halide::Var j, i;
  Halide::RDom k;
};

Linear define(const LinearSpec& spec);

}  // namespace vitgen
