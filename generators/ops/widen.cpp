#include "generators/ops/widen.h"

namespace vitgen {

using Halide::ImageParam;

std::vector<Operand> operands(const WidenSpec& spec) {
  return {{"input", Role::input, spec.storage, {spec.width, spec.rows}},
          {"output", Role::output, DType::f32, {spec.width, spec.rows}}};
}

double flops(const WidenSpec&) { return 0; }

Widen define(const WidenSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam input = image_param(list[0]);
  Widen op{.algorithm = {},
           .output = Halide::Func("widen"),
           .c = Halide::Var("c"),
           .i = Halide::Var("i")};
  op.output(op.c, op.i) = value_of(input(op.c, op.i));
  pin_output(op.output, list.back());
  op.algorithm = {{input}, {}, {op.output}};
  return op;
}

}  // namespace vitgen
