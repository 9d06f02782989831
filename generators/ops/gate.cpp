#include "generators/ops/gate.h"

#include "generators/ops/support/vector_math.h"

namespace vitgen {

using Halide::ImageParam;

std::vector<Operand> operands(const GateSpec& spec) {
  return {{"input", Role::input, DType::f32, {2 * spec.width, spec.rows}},
          {"output", Role::output, DType::f32, {spec.width, spec.rows}}};
}

double flops(const GateSpec& spec) { return static_cast<double>(spec.rows) * spec.width; }

Gate define(const GateSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam input = image_param(list[0]);
  Gate op{.algorithm = {},
          .output = Halide::Func("gate"),
          .c = Halide::Var("c"),
          .i = Halide::Var("i")};
  // Strict: an activation ends in a product or a quotient, which a compiler might regroup with it.
  op.output(op.c, op.i) =
      strict_product(activate(input(op.c, op.i), spec.activation), input(op.c + spec.width, op.i));
  pin_output(op.output, list.back());
  op.algorithm = {{input}, {}, op.output};
  return op;
}

}  // namespace vitgen
