#include "generators/ops/attention_pool.h"

#include "generators/ops/support/vector_math.h"

namespace vitgen {

using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::Var;

std::vector<Operand> operands(const AttentionPoolSpec& spec) {
  return {{"input", Role::input, DType::f32, {spec.row(), spec.tokens, spec.batch}},
          {"output", Role::output, spec.storage, {spec.head_size, spec.heads, spec.batch}}};
}

double flops(const AttentionPoolSpec& spec) {
  return 2.0 * spec.batch * spec.pooled() * spec.width();
}

AttentionPool define(const AttentionPoolSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam input = image_param(list[0]);
  AttentionPool op{.algorithm = {},
                   .top = Func("top"),
                   .power = Func("power"),
                   .total = Func("total"),
                   .acc = Func("acc"),
                   .output = Func("attention_pool"),
                   .d = Var("d"),
                   .h = Var("h"),
                   .t = Var("t"),
                   .b = Var("b"),
                   .all = Halide::RDom(0, spec.pooled(), "all")};
  const auto score = [&](const Expr& t) {
    return input(spec.width() + op.h, t + spec.prefix, op.b);
  };
  op.top(op.h, op.b) = Halide::Float(32).min();
  op.top(op.h, op.b) = Halide::max(op.top(op.h, op.b), score(op.all));
  op.power(op.t, op.h, op.b) = exp2_of_nonpositive(score(op.t) - op.top(op.h, op.b));
  op.total(op.h, op.b) = 0.0f;
  op.total(op.h, op.b) = Halide::strict_float(op.total(op.h, op.b) + op.power(op.all, op.h, op.b));
  op.acc(op.d, op.h, op.b) = 0.0f;
  op.acc(op.d, op.h, op.b) += op.power(op.all, op.h, op.b) *
                              input(op.h * spec.head_size + op.d, op.all + spec.prefix, op.b);
  op.output(op.d, op.h, op.b) =
      stored(Halide::strict_float(op.acc(op.d, op.h, op.b) / op.total(op.h, op.b)), spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {{input}, {op.top, op.power, op.total, op.acc}, {op.output}};
  return op;
}

}  // namespace vitgen
