#include "generators/ops/image_windows.h"

namespace vitgen {

using Halide::Expr;
using Halide::ImageParam;

std::vector<Operand> operands(const ImageWindowsSpec& spec) {
  return {
      {"image", Role::input, DType::f32, {spec.width, spec.height, spec.channels, spec.batch}},
      {"output", Role::output, spec.storage, {spec.k(), spec.grid_w(), spec.grid_h(), spec.batch}}};
}

double flops(const ImageWindowsSpec&) { return 0; }

ImageWindows define(const ImageWindowsSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam image = image_param(list[0]);
  ImageWindows op{.algorithm = {},
                  .output = Halide::Func("image_windows"),
                  .k = Halide::Var("k"),
                  .c = Halide::Var("c"),
                  .r = Halide::Var("r"),
                  .b = Halide::Var("b")};
  const int area = spec.window_h * spec.window_w;
  const Expr x = op.c * spec.stride_w + op.k % spec.window_w - spec.before;
  const Expr y = op.r * spec.stride_h + op.k / spec.window_w % spec.window_h - spec.before;
  const Expr inside = x >= 0 && x < spec.width && y >= 0 && y < spec.height;
  // Clamped, so that the other side of the select reads inside the image.
  const Expr pixel = image(Halide::clamp(x, 0, spec.width - 1),
                           Halide::clamp(y, 0, spec.height - 1), op.k / area, op.b);
  op.output(op.k, op.c, op.r, op.b) = stored(Halide::select(inside, pixel, 0.0f), spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {{image}, {}, {op.output}};
  return op;
}

}  // namespace vitgen
