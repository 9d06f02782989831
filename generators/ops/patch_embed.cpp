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

namespace {

Expr bias_value(const PatchEmbedSpec& spec, const std::vector<ImageParam>& arguments,
                const Expr& j) {
  return spec.bias ? Expr(arguments[2](j)) : Expr(0.0f);
}

/// Pixel (x, y) of channel z in the patch of column c and row r.
Expr pixel(const PatchEmbedSpec& spec, const ImageParam& image, const Expr& c, const Expr& r,
           const Expr& x, const Expr& y, const Expr& z, const Expr& b) {
  const Expr column = c * spec.patch_w + x;
  const Expr row = r * spec.patch_h + y;
  const Expr value = value_of(spec.layout == ImageLayout::chw ? image(column, row, z, b)
                                                              : image(z, column, row, b));
  return spec.storage == DType::f32 ? value : value_of(stored(value, spec.storage));
}

/// What channel j takes of pixel t of a patch, all channels of it as one.
Expr weight_of(const PatchEmbedSpec& spec, const ImageParam& weight, const Expr& t, const Expr& j) {
  if (spec.storage != DType::f32) return value_of(weight(t, j));
  return weight(j % spec.panel, t, j / spec.panel);
}

void define_plain(PatchEmbed& op, const PatchEmbedSpec& spec,
                  const std::vector<ImageParam>& arguments) {
  op.k = RDom(0, spec.patch_w, 0, spec.patch_h, 0, spec.channels, "k");
  const Expr flat_k = op.k.x + spec.patch_w * (op.k.y + spec.patch_h * op.k.z);
  op.acc(op.j, op.c, op.r, op.b) = bias_value(spec, arguments, op.j);
  op.acc(op.j, op.c, op.r, op.b) +=
      pixel(spec, arguments[0], op.c, op.r, op.k.x, op.k.y, op.k.z, op.b) *
      weight_of(spec, arguments[1], flat_k, op.j);
  op.algorithm.stages = {op.acc};
}

void define_clamped_tiles(PatchEmbed& op, const PatchEmbedSpec& spec,
                          const std::vector<ImageParam>& arguments) {
  op.k = RDom(0, spec.k(), "k");
  op.input_tile = Func("input_tile");
  op.weight_tile = Func("weight_tile");
  const Expr t = min(op.t, spec.k() - 1);
  const Expr j = min(op.j, padded(spec.n, spec.panel) - 1);
  op.input_tile(op.t, op.c, op.r, op.b) = pixel(
      spec, arguments[0], min(op.c, spec.grid_w() - 1), min(op.r, spec.grid_h() - 1),
      t % spec.patch_w, t / spec.patch_w % spec.patch_h, t / (spec.patch_w * spec.patch_h), op.b);
  op.weight_tile(op.j, op.t) = weight_of(spec, arguments[1], t, j);
  op.acc(op.j, op.c, op.r, op.b) = bias_value(spec, arguments, j);
  op.acc(op.j, op.c, op.r, op.b) +=
      op.input_tile(op.k, op.c, op.r, op.b) * op.weight_tile(op.j, op.k);
  op.algorithm.stages = {op.input_tile, op.weight_tile, op.acc};
}

}  // namespace

PatchEmbedSpec stored_as(PatchEmbedSpec spec, DType storage) {
  if (storage == DType::f32) return spec;
  spec.storage = storage;
  spec.panel = 1;
  return spec;
}

std::vector<PatchEmbedForm> forms(const PatchEmbedSpec&) {
  return {PatchEmbedForm::plain, PatchEmbedForm::clamped_tiles};
}

PatchEmbed define(const PatchEmbedSpec& spec, PatchEmbedForm form) {
  const std::vector<Operand> list = operands(spec);
  std::vector<ImageParam> arguments;
  for (std::size_t p = 0; p + 1 < list.size(); ++p) arguments.push_back(image_param(list[p]));
  PatchEmbed op{.algorithm = {},
                .acc = Func("acc"),
                .output = Func("patch_embed"),
                .j = Var("j"),
                .c = Var("c"),
                .r = Var("r"),
                .b = Var("b"),
                .k = {},
                .input_tile = {},
                .weight_tile = {},
                .t = Var("t")};
  switch (form) {
    case PatchEmbedForm::plain:
      define_plain(op, spec, arguments);
      break;
    case PatchEmbedForm::clamped_tiles:
      define_clamped_tiles(op, spec, arguments);
      break;
  }
  op.output(op.j, op.c, op.r, op.b) = stored(op.acc(op.j, op.c, op.r, op.b), spec.storage);
  pin_output(op.output, list.back());
  op.algorithm.arguments = std::move(arguments);
  op.algorithm.outputs = {op.output};
  return op;
}

}  // namespace vitgen
