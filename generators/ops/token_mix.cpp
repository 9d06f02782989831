#include "generators/ops/token_mix.h"

namespace vitgen {

using Halide::Func;
using Halide::ImageParam;

std::vector<Operand> operands(const TokenMixSpec& spec) {
  return {{"input", Role::input, spec.storage, {spec.width, spec.tokens, spec.batch}},
          {"weight", Role::weight, DType::f32, {spec.tokens, spec.outputs}},
          {"bias", Role::weight, DType::f32, {spec.outputs}},
          {"scale", Role::weight, DType::f32, {spec.outputs}},
          {"shift", Role::weight, DType::f32, {spec.outputs}},
          {"output", Role::output, spec.storage, {spec.width, spec.outputs, spec.batch}}};
}

double flops(const TokenMixSpec& spec) {
  return static_cast<double>(spec.batch) * spec.outputs * spec.width * (2.0 * spec.tokens + 2.0);
}

TokenMix define(const TokenMixSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  std::vector<ImageParam> arguments;
  for (std::size_t p = 0; p + 1 < list.size(); ++p) arguments.push_back(image_param(list[p]));
  TokenMix op{.algorithm = {},
              .acc = Func("acc"),
              .activated = Func("activated"),
              .output = Func("token_mix"),
              .c = Halide::Var("c"),
              .i = Halide::Var("i"),
              .b = Halide::Var("b"),
              .j = Halide::RDom(0, spec.tokens, "j")};
  op.acc(op.c, op.i, op.b) = arguments[2](op.i);
  op.acc(op.c, op.i, op.b) += arguments[1](op.j, op.i) * value_of(arguments[0](op.c, op.j, op.b));
  op.activated(op.c, op.i, op.b) = activate(op.acc(op.c, op.i, op.b), spec.activation);
  const Halide::Expr normalised = Halide::strict_float(
      op.activated(op.c, op.i, op.b) * arguments[3](op.i) + arguments[4](op.i));
  op.output(op.c, op.i, op.b) = stored(normalised, spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {std::move(arguments), {op.acc, op.activated}, {op.output}};
  return op;
}

}  // namespace vitgen
