#include "generators/ops/layer_norm.h"

#include "generators/ops/support/lanes.h"
#include "generators/ops/support/row_statistics.h"

namespace vitgen {

using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;
using Halide::Var;

std::vector<Operand> operands(const LayerNormSpec& spec) {
  std::vector<Operand> list = {{"input", Role::input, spec.storage, {spec.width, spec.rows}}};
  if (spec.affine) {
    list.push_back({"gain", Role::weight, DType::f32, {spec.width}});
    list.push_back({"bias", Role::weight, DType::f32, {spec.width}});
  }
  list.push_back({"output", Role::output, spec.storage, {spec.width, spec.rows}});
  return list;
}

double flops(const LayerNormSpec& spec) { return 7.0 * spec.rows * spec.width; }

LayerNorm define(const LayerNormSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  std::vector<ImageParam> arguments;
  for (std::size_t p = 0; p + 1 < list.size(); ++p) arguments.push_back(image_param(list[p]));
  const auto input = [&](const Expr& c, const Expr& i) { return value_of(arguments[0](c, i)); };

  LayerNorm op{.algorithm = {},
               .lane_sum = Func("lane_sum"),
               .mean = Func("mean"),
               .lane_squares = Func("lane_squares"),
               .inv_std = Func("inv_std"),
               .output = Func("layer_norm"),
               .c = Var("c"),
               .i = Var("i"),
               .lane = Var("lane"),
               .blocks = RDom(0, lane_blocks(spec.width), "blocks")};
  const auto add = [](const Expr& a, const Expr& b) { return a + b; };
  const auto row_mean = [&](const Func& lanes) {
    return combine_lanes([&](int l) { return lanes(l, op.i); }, add) /
           static_cast<float>(spec.width);
  };

  // Strict sums: in an unrolled loop a compiler adds up the new values first.
  op.lane_sum(op.lane, op.i) = 0.0f;
  const Expr value = lane_value(
      op.lane, op.blocks, spec.width, [&](const Expr& c) { return input(c, op.i); }, 0.0f);
  op.lane_sum(op.lane, op.i) = Halide::strict_float(op.lane_sum(op.lane, op.i) + value);
  op.mean(op.i) = Halide::strict_float(row_mean(op.lane_sum));

  op.lane_squares(op.lane, op.i) = 0.0f;
  // Strict: of a sum of two squares a compiler may fuse either, and picks by vector width and mask.
  const Expr square = lane_value(
      op.lane, op.blocks, spec.width,
      [&](const Expr& c) {
        const Expr centred = input(c, op.i) - op.mean(op.i);
        return Halide::strict_float(centred * centred);
      },
      0.0f);
  op.lane_squares(op.lane, op.i) = Halide::strict_float(op.lane_squares(op.lane, op.i) + square);
  op.inv_std(op.i) = inverse_root(row_mean(op.lane_squares), spec.eps);

  const Expr normalised =
      Halide::strict_float((input(op.c, op.i) - op.mean(op.i)) * op.inv_std(op.i));
  op.output(op.c, op.i) =
      stored(spec.affine ? normalised * arguments[1](op.c) + arguments[2](op.c) : normalised,
             spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {
      std::move(arguments), {op.lane_sum, op.mean, op.lane_squares, op.inv_std}, {op.output}};
  return op;
}

}  // namespace vitgen
