#pragma once
// ids[b][r] = the index whose key[b][i] is the r-th smallest; of equal keys the first comes first.
// Whole numbers as f32. Keys that are no numbers give any index, never one out of range.

#include "generators/ops/support/algorithm.h"

namespace vitgen {

struct ArgsortSpec {
  static constexpr std::string_view op = "argsort";
  int batch = 1;
  int keys = 196;
  int count = 49;  ///< of the smallest

  bool valid() const { return are_extents({batch, keys, count}) && count <= keys; }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("keys", keys);
    v("count", count);
  }
  bool operator==(const ArgsortSpec&) const = default;
};

/// keys {keys, batch}, output {count, batch}.
std::vector<Operand> operands(const ArgsortSpec& spec);
double flops(const ArgsortSpec& spec);

struct Argsort {
  Algorithm algorithm;
  Halide::Func rank;   ///< (i, b): how many keys come before key i
  Halide::Func found;  ///< (r, b): the i whose rank is r
  Halide::Func output;
  Halide::Var i, r, b;
  Halide::RDom others, candidates;  ///< over the keys
};

Argsort define(const ArgsortSpec& spec);

}  // namespace vitgen
