#include "generators/ops/add.h"

namespace vitgen {

using Halide::ImageParam;

std::vector<Operand> operands(const AddSpec& spec) {
  return {{"input", Role::input, DType::f32, {spec.width, spec.rows}},
          {"residual", Role::input, DType::f32, {spec.width, spec.rows}},
          {"output", Role::output, DType::f32, {spec.width, spec.rows}}};
}

double flops(const AddSpec& spec) { return static_cast<double>(spec.rows) * spec.width; }

Add define(const AddSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam input = image_param(list[0]);
  const ImageParam residual = image_param(list[1]);
  Add op{
      .algorithm = {}, .output = Halide::Func("add"), .c = Halide::Var("c"), .i = Halide::Var("i")};
  op.output(op.c, op.i) = input(op.c, op.i) + residual(op.c, op.i);
  pin_output(op.output, list.back());
  op.algorithm = {{input, residual}, {}, op.output};
  return op;
}

}  // namespace vitgen
