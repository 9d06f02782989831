#include "generators/ops/attention.h"

#include <numbers>

#include "generators/ops/support/lanes.h"
#include "generators/ops/support/vector_math.h"

namespace vitgen {

using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;
using Halide::Var;

std::vector<Operand> operands(const AttentionSpec& spec) {
  return {
      {"qkv", Role::input, DType::f32, {3 * spec.width(), spec.tokens, spec.batch}},
      {"output", Role::output, DType::f32, {spec.head_size, spec.heads, spec.tokens, spec.batch}}};
}

double flops(const AttentionSpec& spec) {
  return 4.0 * spec.batch * spec.width() * static_cast<double>(spec.tokens) * spec.tokens;
}

float key_factor(const AttentionSpec& spec) {
  return static_cast<float>(static_cast<double>(spec.scale) * std::numbers::log2e);
}

namespace {

Attention declare(const AttentionSpec& spec) {
  return {.algorithm = {},
          .key_rows = Func("key_rows"),
          .keys = Func("keys"),
          .scores = Func("scores"),
          .lane_max = Func("lane_max"),
          .row_max = Func("row_max"),
          .probs = Func("probs"),
          .lane_sum = Func("lane_sum"),
          .inv_sum = Func("inv_sum"),
          .acc = Func("acc"),
          .output = Func("attention"),
          .d = Var("d"),
          .h = Var("h"),
          .i = Var("i"),
          .j = Var("j"),
          .b = Var("b"),
          .lane = Var("lane"),
          .rd = RDom(0, spec.head_size, "rd"),
          .rj = RDom(0, spec.tokens, "rj"),
          .blocks = RDom(0, lane_blocks(spec.tokens), "blocks")};
}

// Softmax over the row, unnormalised: scores -> probs and 1 / sum of probs.
void define_softmax(Attention& op, const AttentionSpec& spec) {
  const auto lane_at = [&](const Func& func) {
    return [&op, func](int l) { return Expr(func(l, op.i, op.h, op.b)); };
  };
  op.lane_max(op.lane, op.i, op.h, op.b) = Halide::Float(32).min();
  const Expr position = op.lane + op.blocks * kLanes;
  // Columns past the last token repeat it, which changes no maximum.
  op.lane_max(op.lane, op.i, op.h, op.b) =
      Halide::max(op.lane_max(op.lane, op.i, op.h, op.b), op.scores(position, op.i, op.h, op.b));
  op.row_max(op.i, op.h, op.b) = combine_lanes(
      lane_at(op.lane_max), [](const Expr& a, const Expr& b) { return Halide::max(a, b); });

  const Expr weight = exp2_of(op.scores(op.j, op.i, op.h, op.b) - op.row_max(op.i, op.h, op.b));
  op.probs(op.j, op.i, op.h, op.b) =
      spec.tokens % kLanes == 0 ? weight : Halide::select(op.j < spec.tokens, weight, 0.0f);
  op.lane_sum(op.lane, op.i, op.h, op.b) = 0.0f;
  op.lane_sum(op.lane, op.i, op.h, op.b) += op.probs(position, op.i, op.h, op.b);
  op.inv_sum(op.i, op.h, op.b) =
      1.0f /
      combine_lanes(lane_at(op.lane_sum), [](const Expr& a, const Expr& b) { return a + b; });
}

}  // namespace

Attention define(const AttentionSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam qkv = image_param(list[0]);
  const int width = spec.width();
  Attention op = declare(spec);

  const Expr key =
      qkv(width + op.h * spec.head_size + op.d, Halide::min(op.j, spec.tokens - 1), op.b);
  const float factor = key_factor(spec);
  op.key_rows(op.d, op.j, op.h, op.b) = factor == 1.0f ? key : key * factor;
  op.keys(op.j, op.d, op.h, op.b) = op.key_rows(op.d, op.j, op.h, op.b);
  op.scores(op.j, op.i, op.h, op.b) = 0.0f;
  op.scores(op.j, op.i, op.h, op.b) +=
      qkv(op.h * spec.head_size + op.rd, op.i, op.b) * op.keys(op.j, op.rd, op.h, op.b);
  define_softmax(op, spec);
  op.acc(op.d, op.i, op.h, op.b) = 0.0f;
  op.acc(op.d, op.i, op.h, op.b) += op.probs(op.rj, op.i, op.h, op.b) *
                                    qkv(2 * width + op.h * spec.head_size + op.d, op.rj, op.b);

  op.output(op.d, op.h, op.i, op.b) = op.acc(op.d, op.i, op.h, op.b) * op.inv_sum(op.i, op.h, op.b);
  pin_output(op.output, list.back());
  op.algorithm = {{qkv},
                  {op.key_rows, op.keys, op.scores, op.lane_max, op.row_max, op.probs, op.lane_sum,
                   op.inv_sum, op.acc},
                  op.output};
  return op;
}

}  // namespace vitgen
