#include "generators/ops/patch_embed.h"

#include "generators/ops/linear.h"

namespace vitgen {

using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;
using Halide::Var;

std::vector<Operand> operands(const PatchEmbedSpec& spec) {
  const int columns = padded(spec.n, spec.panel);
  const std::vector<int> weight = spec.storage == DType::f32
                                      ? std::vector{spec.panel, spec.k(), columns / spec.panel}
                                      : std::vector{spec.k(), spec.n};
  const std::vector<int> image =
      spec.layout == ImageLayout::chw
          ? std::vector<int>{spec.width, spec.height, spec.channels, spec.batch}
          : std::vector<int>{spec.channels, spec.width, spec.height, spec.batch};
  std::vector<Operand> list = {{"image", Role::input, spec.dtype, image},
                               {"weight", Role::weight, spec.storage, weight}};
  if (spec.bias) list.push_back({"bias", Role::weight, DType::f32, {columns}});
  list.push_back(
      {"output", Role::output, spec.storage, {spec.n, spec.grid_w(), spec.grid_h(), spec.batch}});
  return list;
}

double flops(const PatchEmbedSpec& spec) {
  return 2.0 * spec.batch * spec.grid_h() * spec.grid_w() * static_cast<double>(spec.k()) * spec.n;
}

PatchEmbedSpec stored_as(PatchEmbedSpec spec, DType storage) {
  if (storage == DType::f32) return spec;
  spec.storage = storage;
  spec.panel = 1;
  return spec;
}

PatchEmbed define(const PatchEmbedSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  std::vector<ImageParam> arguments;
  for (std::size_t p = 0; p + 1 < list.size(); ++p) arguments.push_back(image_param(list[p]));
  const ImageParam& image = arguments[0];
  const ImageParam& weight = arguments[1];

  PatchEmbed op{.algorithm = {},
                .acc = Func("acc"),
                .output = Func("patch_embed"),
                .j = Var("j"),
                .c = Var("c"),
                .r = Var("r"),
                .b = Var("b"),
                .k = RDom(0, spec.patch_w, 0, spec.patch_h, 0, spec.channels, "k")};
  const Expr x = op.c * spec.patch_w + op.k.x;
  const Expr y = op.r * spec.patch_h + op.k.y;
  const bool narrow = spec.storage != DType::f32;
  Expr pixel = value_of(spec.layout == ImageLayout::chw ? image(x, y, op.k.z, op.b)
                                                        : image(op.k.z, x, y, op.b));
  if (narrow) pixel = value_of(stored(pixel, spec.storage));
  const Expr flat_k = op.k.x + spec.patch_w * (op.k.y + spec.patch_h * op.k.z);

  op.acc(op.j, op.c, op.r, op.b) = spec.bias ? Expr(arguments[2](op.j)) : Expr(0.0f);
  op.acc(op.j, op.c, op.r, op.b) +=
      pixel * (narrow ? value_of(weight(flat_k, op.j))
                      : Expr(weight(op.j % spec.panel, flat_k, op.j / spec.panel)));
  op.output(op.j, op.c, op.r, op.b) = stored(op.acc(op.j, op.c, op.r, op.b), spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {std::move(arguments), {op.acc}, op.output};
  return op;
}

}  // namespace vitgen
