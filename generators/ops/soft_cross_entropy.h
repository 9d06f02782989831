#pragma once
// loss[b] = {sum_r w[r] ce[r], sum_r w[r], sum_r w[r] hit[r]}, of one image:
//   ce[r] = sum_c y[c] (logsumexp(z[r]) - z[r][c]), y = targets[ids[b][r]], z = logits[b]
//   hit[r] = 1 if ids[b][r] is the first place of the largest z[r][c], else 0
//   w[r] = 0 if keys[b][r] is among the `visible` smallest, else attention[b][r], or 1 without it
// (DropPos, Wang et al. 2023, section 3.2.) The loss of a batch is the quotient of the sums over
// its images of the first two.

#include "generators/ops/support/algorithm.h"

namespace vitgen {

struct SoftCrossEntropySpec {
  static constexpr std::string_view op = "soft_cross_entropy";
  int batch = 1;
  int classes = 196;
  int rows = 49;
  int visible = 12;
  bool attention = false;

  bool valid() const {
    return are_extents({batch, classes, rows, std::int64_t{classes} * classes}) && visible >= 0 &&
           visible <= rows;
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("classes", classes);
    v("rows", rows);
    v("visible", visible);
    v("attention", attention);
  }
  bool operator==(const SoftCrossEntropySpec&) const = default;
};

/// logits {classes, rows, batch}, ids {rows, batch}, keys {rows, batch},
/// [attention {rows, batch}], targets {classes, classes}, output {3, batch}.
std::vector<Operand> operands(const SoftCrossEntropySpec& spec);
double flops(const SoftCrossEntropySpec& spec);
/// Of the targets, the rows that are read.
double bytes(const SoftCrossEntropySpec& spec);

struct SoftCrossEntropy {
  Algorithm algorithm;
  Halide::Func top, exponentials;  ///< (r, b): max z, and the sum of exp(z - max z)
  Halide::Func mass, product;      ///< (r, b): the sums of y and of y (z - max z)
  Halide::Func better;             ///< (r, b): classes that come before the label
  Halide::Func rank;               ///< (r, b): of the keys
  Halide::Func terms;              ///< (k, r, b): of the three sums
  Halide::Func sums, output;
  Halide::Var k, r, b;
  Halide::RDom c, rows;
};

SoftCrossEntropy define(const SoftCrossEntropySpec& spec);

}  // namespace vitgen
