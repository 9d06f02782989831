#include "generators/ops/image_windows.h"

namespace vitgen {

using Halide::Expr;
using Halide::ImageParam;

std::vector<Operand> operands(const ImageWindowsSpec& spec) {
  const std::vector<int> image =
      spec.layout == ImageLayout::chw
          ? std::vector<int>{spec.width, spec.height, spec.channels, spec.batch}
          : std::vector<int>{spec.channels, spec.width, spec.height, spec.batch};
  return {{"image", Role::input, spec.dtype, image},
          {"output",
           Role::output,
           spec.storage,
           {spec.row(), spec.grid_w(), spec.grid_h(), spec.batch}}};
}

double flops(const ImageWindowsSpec&) { return 0; }

namespace {

/// Windows that end where patches do need no look at the image's edges.
bool reach_beyond(const ImageWindowsSpec& spec) {
  return spec.before > 0 || spec.window_h > spec.stride_h || spec.window_w > spec.stride_w;
}

Expr value_at(const ImageWindowsSpec& spec, const ImageParam& image, const Expr& x, const Expr& y,
              const Expr& channel, const Expr& b) {
  return Halide::cast<float>(spec.layout == ImageLayout::chw ? image(x, y, channel, b)
                                                             : image(channel, x, y, b));
}

/// Pixel (x, y) of a channel, zero where there is none.
Expr pixel(const ImageWindowsSpec& spec, const ImageParam& image, const Expr& x, const Expr& y,
           const Expr& channel, const Expr& b) {
  if (!reach_beyond(spec) && spec.zeros == 0) return value_at(spec, image, x, y, channel, b);
  // Clamped, so that the other side of the select reads inside the image.
  const Expr value =
      value_at(spec, image, Halide::clamp(x, 0, spec.width - 1),
               Halide::clamp(y, 0, spec.height - 1), Halide::min(channel, spec.channels - 1), b);
  const Expr inside = x >= 0 && x < spec.width && y >= 0 && y < spec.height;
  return Halide::select(inside && channel < spec.channels, value, 0.0f);
}

}  // namespace

ImageWindows define(const ImageWindowsSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam image = image_param(list[0]);
  ImageWindows op{.algorithm = {},
                  .output = Halide::Func("image_windows"),
                  .k = Halide::Var("k"),
                  .c = Halide::Var("c"),
                  .r = Halide::Var("r"),
                  .b = Halide::Var("b")};
  const Expr x = op.c * spec.stride_w + op.k % spec.window_w - spec.before;
  const Expr y = op.r * spec.stride_h + op.k / spec.window_w % spec.window_h - spec.before;
  const Expr value = pixel(spec, image, x, y, op.k / (spec.window_h * spec.window_w), op.b);
  op.output(op.k, op.c, op.r, op.b) = stored(value, spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {{image}, {}, {op.output}};
  return op;
}

}  // namespace vitgen
