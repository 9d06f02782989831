#pragma once
// y[b][i][c] = x[b][i][c] + (i < P ? 0 : r[b][i - P][c])
// A residual sum where no linear stands before it to add in its epilogue; the first P rows of each
// image are copied.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct AddSpec {
  static constexpr std::string_view op = "add";
  int batch = 1;
  int rows = 197;
  int width = 768;
  int prefix = 0;  ///< P: rows of an image that nothing is added to
  DType storage = DType::f32;

  bool valid() const {
    return are_extents({batch, rows, width, prefix + std::int64_t{1}}) && prefix < rows &&
           is_storage(storage);
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("rows", rows);
    v("width", width);
    v("prefix", prefix);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const AddSpec&) const = default;
};

/// input {width, rows, batch}, residual {width, rows - prefix, batch}, output {width, rows, batch},
/// all in storage.
std::vector<Operand> operands(const AddSpec& spec);
double flops(const AddSpec& spec);

struct Add {
  Algorithm algorithm;
  Halide::Func output;
  Halide::Var c, i, b;
};

Add define(const AddSpec& spec);

}  // namespace vitgen
