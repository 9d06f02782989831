#include "generators/ops/depthwise_conv.h"

namespace vitgen {

using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;

std::vector<Operand> operands(const DepthwiseConvSpec& spec) {
  return {{"input", Role::input, spec.storage, {spec.width, spec.tokens, spec.batch}},
          {"taps", Role::weight, DType::f32, {spec.taps, spec.tokens}},
          {"bias", Role::weight, DType::f32, {spec.tokens}},
          {"scale", Role::weight, DType::f32, {spec.tokens}},
          {"shift", Role::weight, DType::f32, {spec.tokens}},
          {"output", Role::output, spec.storage, {spec.width, spec.tokens, spec.batch}}};
}

double flops(const DepthwiseConvSpec& spec) {
  return static_cast<double>(spec.batch) * spec.tokens * spec.width * (2.0 * spec.taps + 3.0);
}

DepthwiseConv define(const DepthwiseConvSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  std::vector<ImageParam> arguments;
  for (std::size_t p = 0; p + 1 < list.size(); ++p) arguments.push_back(image_param(list[p]));
  const ImageParam& input = arguments[0];
  DepthwiseConv op{.algorithm = {},
                   .row = Func("row"),
                   .acc = Func("acc"),
                   .activated = Func("activated"),
                   .output = Func("depthwise_conv"),
                   .c = Halide::Var("c"),
                   .t = Halide::Var("t"),
                   .b = Halide::Var("b"),
                   .k = Halide::RDom(0, spec.taps, "k")};
  const Func padded = Halide::BoundaryConditions::constant_exterior(
      input, Halide::cast(input.type(), 0.0f),
      {{0, spec.width}, {Expr(), Expr()}, {Expr(), Expr()}});
  op.row(op.c, op.t, op.b) = value_of(padded(op.c, op.t, op.b));
  op.acc(op.c, op.t, op.b) = arguments[2](op.t);
  op.acc(op.c, op.t, op.b) +=
      arguments[1](op.k, op.t) * op.row(op.c + op.k - spec.before, op.t, op.b);
  op.activated(op.c, op.t, op.b) = activate(op.acc(op.c, op.t, op.b), spec.activation);
  // Strict: of two sums and a product a compiler regroups what it likes, by vector width.
  const Expr sum = Halide::strict_float(
      value_of(input(op.c, op.t, op.b)) +
      (op.activated(op.c, op.t, op.b) * arguments[3](op.t) + arguments[4](op.t)));
  op.output(op.c, op.t, op.b) = stored(sum, spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {std::move(arguments), {op.row, op.acc, op.activated}, {op.output}};
  return op;
}

}  // namespace vitgen
