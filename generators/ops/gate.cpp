#include "generators/ops/gate.h"

#include "generators/ops/support/vector_math.h"

namespace vitgen {

using Halide::Expr;
using Halide::ImageParam;

std::vector<Operand> operands(const GateSpec& spec) {
  return {{"input", Role::input, spec.storage, {2 * spec.width, spec.rows}},
          {"output", Role::output, spec.storage, {spec.width, spec.rows}}};
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
  const Expr gated = strict_product(activate(value_of(input(op.c, op.i)), spec.activation),
                                    value_of(input(op.c + spec.width, op.i)));
  op.output(op.c, op.i) = stored(gated, spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {{input}, {}, {op.output}};
  return op;
}

}  // namespace vitgen
