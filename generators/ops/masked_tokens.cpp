#include "generators/ops/masked_tokens.h"

#include "generators/ops/support/rank.h"

namespace vitgen {

using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;
using Halide::Var;

std::vector<Operand> operands(const MaskedTokensSpec& spec) {
  std::vector<Operand> list = {
      {"patches", Role::input, spec.storage, {spec.width, spec.patches, spec.batch}},
      {"ids", Role::input, DType::f32, {spec.kept, spec.batch}},
      {"position_keys", Role::input, DType::f32, {spec.kept, spec.batch}}};
  if (spec.prefix > 0) {
    list.push_back({"prefix", Role::weight, DType::f32, {spec.width, spec.prefix}});
  }
  list.push_back({"positions", Role::weight, DType::f32, {spec.width, spec.patches}});
  list.push_back({"dropped", Role::weight, DType::f32, {spec.width}});
  list.push_back(
      {"output", Role::output, spec.storage, {spec.width, spec.prefix + spec.kept, spec.batch}});
  return list;
}

double flops(const MaskedTokensSpec& spec) {
  return static_cast<double>(spec.batch) * spec.kept * (spec.width + spec.kept);
}

double bytes(const MaskedTokensSpec& spec) {
  // Patches and tokens in storage, and a position for each patch.
  const auto element = static_cast<double>(byte_size(spec.storage));
  const double row =
      element * (2.0 * spec.kept + spec.prefix) + static_cast<double>(sizeof(float)) * spec.kept;
  return spec.batch * (row * spec.width + sizeof(float) * 2.0 * spec.kept);
}

MaskedTokens define(const MaskedTokensSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  std::vector<ImageParam> arguments;
  for (std::size_t p = 0; p + 1 < list.size(); ++p) arguments.push_back(image_param(list[p]));
  const auto argument = [&](std::string_view name) -> const ImageParam& {
    return arguments[operand_position(list, name)];
  };
  MaskedTokens op{.algorithm = {},
                  .rank = Func("rank"),
                  .output = Func("masked_tokens"),
                  .c = Var("c"),
                  .t = Var("t"),
                  .r = Var("r"),
                  .b = Var("b"),
                  .others = RDom(0, spec.kept, "others")};
  op.rank(op.r, op.b) = 0;
  op.rank(op.r, op.b) += comes_before(argument("position_keys"), op.others, op.r, op.b);

  // Clamped, so that each side of a select reads inside its table wherever t is.
  const Expr row = Halide::clamp(op.t - spec.prefix, 0, spec.kept - 1);
  const Expr id = index_of(argument("ids")(row, op.b), spec.patches);
  const Expr place = Halide::select(op.rank(row, op.b) < spec.visible,
                                    argument("positions")(op.c, id), argument("dropped")(op.c));
  Expr token = value_of(argument("patches")(op.c, id, op.b)) + place;
  if (spec.prefix > 0) {
    const Expr first = Halide::clamp(op.t, 0, spec.prefix - 1);
    token = Halide::select(op.t < spec.prefix, argument("prefix")(op.c, first), token);
  }
  op.output(op.c, op.t, op.b) = stored(token, spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {std::move(arguments), {op.rank}, {op.output}};
  return op;
}

}  // namespace vitgen
