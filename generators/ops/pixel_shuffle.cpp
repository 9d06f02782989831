#include "generators/ops/pixel_shuffle.h"

namespace vitgen {

using Halide::Expr;
using Halide::ImageParam;

std::vector<Operand> operands(const PixelShuffleSpec& spec) {
  return {{"input", Role::input, DType::f32, {spec.row(), spec.tokens(), spec.batch}},
          {"output",
           Role::output,
           DType::f32,
           {spec.width(), spec.height(), spec.channels, spec.batch}}};
}

double flops(const PixelShuffleSpec&) { return 0; }

double bytes(const PixelShuffleSpec& spec) {
  const double pixels = static_cast<double>(spec.height()) * spec.width();
  return 2.0 * sizeof(float) * spec.batch * spec.channels * pixels;
}

PixelShuffle define(const PixelShuffleSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam input = image_param(list[0]);
  PixelShuffle op{.algorithm = {},
                  .output = Halide::Func("pixel_shuffle"),
                  .x = Halide::Var("x"),
                  .y = Halide::Var("y"),
                  .c = Halide::Var("c"),
                  .b = Halide::Var("b")};
  const Expr channel = (op.c * spec.stride + op.y % spec.stride) * spec.stride + op.x % spec.stride;
  const Expr token = spec.prefix + op.y / spec.stride * spec.grid_w + op.x / spec.stride;
  op.output(op.x, op.y, op.c, op.b) = input(channel, token, op.b);
  pin_output(op.output, list.back());
  op.algorithm = {{input}, {}, {op.output}};
  return op;
}

}  // namespace vitgen
