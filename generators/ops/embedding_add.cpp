#include "generators/ops/embedding_add.h"

namespace vitgen {

using Halide::Expr;
using Halide::ImageParam;

std::vector<Operand> operands(const EmbeddingAddSpec& spec) {
  std::vector<Operand> list = {
      {"patches", Role::input, spec.storage, {spec.width, spec.patches, spec.batch}}};
  if (spec.prefix > 0) {
    list.push_back({"prefix", Role::weight, DType::f32, {spec.width, spec.prefix}});
  }
  list.push_back({"position", Role::weight, DType::f32, {spec.width, spec.patches}});
  list.push_back(
      {"output", Role::output, spec.storage, {spec.width, spec.prefix + spec.patches, spec.batch}});
  return list;
}

double flops(const EmbeddingAddSpec& spec) {
  return static_cast<double>(spec.batch) * spec.patches * spec.width;
}

EmbeddingAdd define(const EmbeddingAddSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  std::vector<ImageParam> arguments;
  for (std::size_t p = 0; p + 1 < list.size(); ++p) arguments.push_back(image_param(list[p]));
  const ImageParam& patches = arguments[0];
  const ImageParam& position = arguments.back();

  EmbeddingAdd op{.algorithm = {},
                  .output = Halide::Func("embedding_add"),
                  .c = Halide::Var("c"),
                  .t = Halide::Var("t"),
                  .b = Halide::Var("b")};
  // Clamped, so that each side of the select reads inside its table wherever t is.
  const Expr patch = Halide::clamp(op.t - spec.prefix, 0, spec.patches - 1);
  Expr token = value_of(patches(op.c, patch, op.b)) + position(op.c, patch);
  if (spec.prefix > 0) {
    const Expr row = Halide::clamp(op.t, 0, spec.prefix - 1);
    token = Halide::select(op.t < spec.prefix, arguments[1](op.c, row), token);
  }
  op.output(op.c, op.t, op.b) = stored(token, spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {std::move(arguments), {}, {op.output}};
  return op;
}

}  // namespace vitgen
