#include "generators/ops/add.h"

namespace vitgen {

using Halide::Expr;
using Halide::ImageParam;

std::vector<Operand> operands(const AddSpec& spec) {
  const std::vector<int> all = {spec.width, spec.rows, spec.batch};
  return {{"input", Role::input, DType::f32, all},
          {"residual", Role::input, DType::f32, {spec.width, spec.rows - spec.prefix, spec.batch}},
          {"output", Role::output, DType::f32, all}};
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
  const Expr x = input(op.c, op.i, op.b);
  if (spec.prefix == 0) {
    op.output(op.c, op.i, op.b) = x + residual(op.c, op.i, op.b);
  } else {  // clamped, so that the other side of the select reads inside the operand
    const Expr row = Halide::max(op.i - spec.prefix, 0);
    op.output(op.c, op.i, op.b) =
        Halide::select(op.i < spec.prefix, x, x + residual(op.c, row, op.b));
  }
  pin_output(op.output, list.back());
  op.algorithm = {{input, residual}, {}, op.output};
  return op;
}

}  // namespace vitgen
