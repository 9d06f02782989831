#include "generators/ops/attention.h"

#include <numbers>
#include <numeric>

#include "generators/ops/support/lanes.h"
#include "generators/ops/support/vector_math.h"

namespace vitgen {

using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;
using Halide::Var;

std::vector<Operand> operands(const AttentionSpec& spec) {
  return {{"qkv", Role::input, spec.storage, {3 * spec.width(), spec.tokens, spec.batch}},
          {"output",
           Role::output,
           spec.storage,
           {spec.head_size, spec.heads, spec.tokens, spec.batch}}};
}

double flops(const AttentionSpec& spec) {
  return 4.0 * spec.batch * spec.width() * static_cast<double>(spec.tokens) * spec.tokens;
}

double exponent_factor(const AttentionSpec& spec) {
  return static_cast<double>(spec.scale) * std::numbers::log2e;
}

float key_factor(const AttentionSpec& spec) { return static_cast<float>(exponent_factor(spec)); }

int value_strip(const AttentionSpec& spec) { return std::gcd(spec.head_size, kLanes); }

Attention declare_attention(const AttentionSpec& spec) {
  return {.algorithm = {},
          .key_rows = Func("key_rows"),
          .keys = Func("keys"),
          .values = Func("values"),
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
          .block = Var("block"),
          .channel = Var("channel"),
          .strip = Var("strip"),
          .rd = RDom(0, spec.head_size, "rd"),
          .rj = RDom(0, spec.tokens, "rj"),
          .blocks = RDom(0, lane_blocks(spec.tokens), "blocks")};
}

// Over the row, unnormalised: scores -> probs and 1 / sum of probs.
void define_softmax(Attention& op, const AttentionSpec& spec) {
  const auto lane_at = [&](const Func& func) {
    return [&op, func](int l) { return Expr(func(l, op.i, op.h, op.b)); };
  };
  op.lane_max(op.lane, op.i, op.h, op.b) = Halide::Float(32).min();
  // Columns past the last token repeat it, which changes no maximum.
  op.lane_max(op.lane, op.i, op.h, op.b) = Halide::max(
      op.lane_max(op.lane, op.i, op.h, op.b), op.scores(op.lane, op.blocks, op.i, op.h, op.b));
  op.row_max(op.i, op.h, op.b) = combine_lanes(
      lane_at(op.lane_max), [](const Expr& a, const Expr& b) { return Halide::max(a, b); });

  const Expr weight = exp2_of_nonpositive(op.scores(op.lane, op.block, op.i, op.h, op.b) -
                                          op.row_max(op.i, op.h, op.b));
  op.probs(op.lane, op.block, op.i, op.h, op.b) = weight;
  const int last = spec.tokens / kLanes;
  const int rest = spec.tokens % kLanes;
  if (rest != 0) {  // columns past the last token weigh nothing
    op.probs(op.lane, last, op.i, op.h, op.b) =
        Halide::select(op.lane < rest, op.probs(op.lane, last, op.i, op.h, op.b), 0.0f);
  }
  op.lane_sum(op.lane, op.i, op.h, op.b) = 0.0f;
  // Strict, or a compiler that unrolls the loop adds in another order.
  op.lane_sum(op.lane, op.i, op.h, op.b) = Halide::strict_float(
      op.lane_sum(op.lane, op.i, op.h, op.b) + op.probs(op.lane, op.blocks, op.i, op.h, op.b));
  op.inv_sum(op.i, op.h, op.b) = Halide::strict_float(
      1.0f /
      combine_lanes(lane_at(op.lane_sum), [](const Expr& a, const Expr& b) { return a + b; }));
}

Expr row_of(const Var& token, const AttentionSpec& spec, AttentionForm form) {
  if (form == AttentionForm::plain) return token;
  return Halide::min(token, spec.tokens - 1);
}

void define_scores(Attention& op, const AttentionSpec& spec, const ImageParam& qkv,
                   const Expr& first, AttentionForm form) {
  const Expr key = value_of(
      qkv(spec.width() + op.h * spec.head_size + op.d, Halide::min(op.j, spec.tokens - 1), op.b));
  const float factor = key_factor(spec);
  op.key_rows(op.d, op.j, op.h, op.b) = factor == 1.0f ? key : key * factor;
  op.keys(op.lane, op.d, op.block, op.h, op.b) =
      op.key_rows(op.d, op.lane + op.block * kLanes, op.h, op.b);
  op.scores(op.lane, op.block, op.i, op.h, op.b) = first;
  op.scores(op.lane, op.block, op.i, op.h, op.b) +=
      value_of(qkv(op.h * spec.head_size + op.rd, row_of(op.i, spec, form), op.b)) *
      op.keys(op.lane, op.rd, op.block, op.h, op.b);
}

void define_values(Attention& op, const AttentionSpec& spec, const ImageParam& qkv,
                   AttentionForm form) {
  const int strip = value_strip(spec);
  op.values(op.channel, op.j, op.strip, op.h, op.b) =
      value_of(qkv(2 * spec.width() + op.h * spec.head_size + op.channel + op.strip * strip,
                   row_of(op.j, spec, form), op.b));
  op.acc(op.d, op.i, op.h, op.b) = 0.0f;
  op.acc(op.d, op.i, op.h, op.b) += op.probs(op.rj % kLanes, op.rj / kLanes, op.i, op.h, op.b) *
                                    op.values(op.d % strip, op.rj, op.d / strip, op.h, op.b);
}

void define_output(Attention& op, const Operand& output) {
  op.output(op.d, op.h, op.i, op.b) =
      stored(op.acc(op.d, op.i, op.h, op.b) * op.inv_sum(op.i, op.h, op.b), output.dtype);
  pin_output(op.output, output);
}

std::vector<AttentionForm> forms(const AttentionSpec&) {
  return {AttentionForm::plain, AttentionForm::clamped_rows};
}

Attention define(const AttentionSpec& spec, AttentionForm form) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam qkv = image_param(list[0]);
  Attention op = declare_attention(spec);
  define_scores(op, spec, qkv, 0.0f, form);
  define_softmax(op, spec);
  define_values(op, spec, qkv, form);
  define_output(op, list.back());
  op.algorithm = {{qkv},
                  {op.key_rows, op.keys, op.values, op.scores, op.lane_max, op.row_max, op.probs,
                   op.lane_sum, op.inv_sum, op.acc},
                  {op.output}};
  return op;
}

}  // namespace vitgen
