#include "generators/ops/cosine_attention.h"

#include "generators/ops/support/rank.h"
#include "generators/ops/support/vector_math.h"

namespace vitgen {

using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;
using Halide::Var;

std::vector<Operand> operands(const CosineAttentionSpec& spec) {
  return {{"tokens", Role::input, spec.storage, {spec.width, spec.tokens(), spec.batch}},
          {"ids", Role::input, DType::f32, {spec.kept, spec.batch}},
          {"output", Role::output, DType::f32, {spec.kept, spec.batch}}};
}

double flops(const CosineAttentionSpec& spec) { return 4.0 * spec.batch * spec.kept * spec.width; }

double bytes(const CosineAttentionSpec& spec) {
  const double tokens =
      (spec.kept + 1.0) * spec.width * static_cast<double>(byte_size(spec.storage));
  return static_cast<double>(spec.batch) * (tokens + 2.0 * sizeof(float) * spec.kept);
}

CosineAttention define(const CosineAttentionSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam tokens = image_param(list[0]);
  const ImageParam ids = image_param(list[1]);
  CosineAttention op{.algorithm = {},
                     .first_square = Func("first_square"),
                     .square = Func("square"),
                     .dot = Func("dot"),
                     .cosine = Func("cosine"),
                     .top = Func("top"),
                     .weight = Func("weight"),
                     .total = Func("total"),
                     .output = Func("cosine_attention"),
                     .r = Var("r"),
                     .b = Var("b"),
                     .c = RDom(0, spec.width, "c"),
                     .kept = RDom(0, spec.kept, "kept")};
  const Expr first = value_of(tokens(op.c, 0, op.b));
  const Expr patch =
      value_of(tokens(op.c, spec.prefix + index_of(ids(op.r, op.b), spec.patches), op.b));
  const auto sum_up = [](Func& sum, const std::vector<Expr>& at, const Expr& term) {
    sum(at) = 0.0f;
    sum(at) = Halide::strict_float(sum(at) + term);
  };
  sum_up(op.first_square, {op.b}, first * first);
  sum_up(op.square, {op.r, op.b}, patch * patch);
  sum_up(op.dot, {op.r, op.b}, first * patch);

  constexpr float kLeast = 1e-8f;
  const auto length = [](const Expr& square) { return Halide::max(Halide::sqrt(square), kLeast); };
  op.cosine(op.r, op.b) = Halide::strict_float(
      op.dot(op.r, op.b) / (length(op.first_square(op.b)) * length(op.square(op.r, op.b))));
  op.top(op.b) = Halide::Float(32).min();
  op.top(op.b) = Halide::max(op.top(op.b), op.cosine(op.kept, op.b));
  op.weight(op.r, op.b) =
      exp_of((op.cosine(op.r, op.b) - op.top(op.b)) * (1.0f / spec.temperature));
  sum_up(op.total, {op.b}, op.weight(op.kept, op.b));
  op.output(op.r, op.b) = Halide::strict_float(op.weight(op.r, op.b) / op.total(op.b));
  pin_output(op.output, list.back());
  op.algorithm = {{tokens, ids},
                  {op.first_square, op.square, op.dot, op.cosine, op.top, op.weight, op.total},
                  {op.output}};
  return op;
}

}  // namespace vitgen
