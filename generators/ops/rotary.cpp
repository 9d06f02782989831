#include "generators/ops/rotary.h"

#include "generators/ops/support/vector_math.h"

namespace vitgen {

using Halide::Expr;
using Halide::ImageParam;
using Halide::Var;

std::vector<Operand> operands(const RotarySpec& spec) {
  const std::vector<int> rows = {spec.half(), 2, 3 * spec.heads, spec.rows()};
  const std::vector<int> table = {spec.half(), spec.tokens - spec.prefix};
  return {{"qkv", Role::input, spec.storage, rows},
          {"cos", Role::weight, DType::f32, table},
          {"sin", Role::weight, DType::f32, table},
          {"output", Role::output, spec.storage, rows}};
}

double flops(const RotarySpec& spec) {
  return 6.0 * spec.batch * (spec.tokens - spec.prefix) * spec.width();
}

Rotary define(const RotarySpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam qkv = image_param(list[0]);
  const ImageParam cos = image_param(list[1]);
  const ImageParam sin = image_param(list[2]);
  Rotary op{.algorithm = {},
            .output = Halide::Func("rotary"),
            .j = Var("j"),
            .side = Var("side"),
            .g = Var("g"),
            .i = Var("i")};
  const auto at = [&](const Expr& side) { return value_of(qkv(op.j, side, op.g, op.i)); };
  const Expr token = op.i % spec.tokens;
  // Clamped, so that the other side of the select reads inside the tables.
  const Expr patch = Halide::max(token - spec.prefix, 0);
  // Both products are strict: of two a compiler may fuse either into the sum.
  const auto by = [&](const Expr& side, const ImageParam& table) {
    return strict_product(at(side), table(op.j, patch));
  };
  const Expr turned =
      Halide::select(op.side == 0, by(0, cos) - by(1, sin), by(1, cos) + by(0, sin));
  const Expr copied = op.g >= 2 * spec.heads || token < spec.prefix;
  op.output(op.j, op.side, op.g, op.i) =
      stored(Halide::select(copied, at(op.side), turned), spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {{qkv, cos, sin}, {}, {op.output}};
  return op;
}

}  // namespace vitgen
