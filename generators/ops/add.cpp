#include "generators/ops/add.h"

namespace vitgen {

using Halide::Expr;
using Halide::ImageParam;

std::vector<Operand> operands(const AddSpec& spec) {
  const std::vector<int> all = {spec.width, spec.rows, spec.batch};
  return {
      {"input", Role::input, spec.storage, all},
      {"residual", Role::input, spec.storage, {spec.width, spec.rows - spec.prefix, spec.batch}},
      {"output", Role::output, spec.storage, all}};
}

double flops(const AddSpec& spec) {
  return static_cast<double>(spec.batch) * (spec.rows - spec.prefix) * spec.width;
}

Add define(const AddSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam input = image_param(list[0]);
  const ImageParam residual = image_param(list[1]);
  Add op{.algorithm = {},
         .output = Halide::Func("add"),
         .c = Halide::Var("c"),
         .i = Halide::Var("i"),
         .b = Halide::Var("b")};
  const Expr x = value_of(input(op.c, op.i, op.b));
  Expr sum;
  if (spec.prefix == 0) {
    sum = x + value_of(residual(op.c, op.i, op.b));
  } else {  // clamped, so that the other side of the select reads inside the operand
    const Expr row = Halide::max(op.i - spec.prefix, 0);
    sum = Halide::select(op.i < spec.prefix, x, x + value_of(residual(op.c, row, op.b)));
  }
  op.output(op.c, op.i, op.b) = stored(sum, spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {{input, residual}, {}, {op.output}};
  return op;
}

}  // namespace vitgen
