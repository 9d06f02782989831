#include "generators/ops/soft_cross_entropy.h"

#include "generators/ops/support/rank.h"
#include "generators/ops/support/vector_math.h"

namespace vitgen {

using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;
using Halide::Var;

std::vector<Operand> operands(const SoftCrossEntropySpec& spec) {
  std::vector<Operand> list = {
      {"logits", Role::input, DType::f32, {spec.classes, spec.rows, spec.batch}},
      {"ids", Role::input, DType::f32, {spec.rows, spec.batch}},
      {"keys", Role::input, DType::f32, {spec.rows, spec.batch}}};
  if (spec.attention) {
    list.push_back({"attention", Role::input, DType::f32, {spec.rows, spec.batch}});
  }
  list.push_back({"targets", Role::weight, DType::f32, {spec.classes, spec.classes}});
  list.push_back({"output", Role::output, DType::f32, {3, spec.batch}});
  return list;
}

double flops(const SoftCrossEntropySpec& spec) {
  return 6.0 * spec.batch * spec.rows * spec.classes;
}

double bytes(const SoftCrossEntropySpec& spec) {
  return sizeof(float) * static_cast<double>(spec.batch) *
         (spec.rows * (2.0 * spec.classes + (spec.attention ? 3 : 2)) + 3);
}

namespace {

SoftCrossEntropy declare(const SoftCrossEntropySpec& spec) {
  return {.algorithm = {},
          .top = Func("top"),
          .exponentials = Func("exponentials"),
          .mass = Func("mass"),
          .product = Func("product"),
          .better = Func("better"),
          .rank = Func("rank"),
          .terms = Func("terms"),
          .sums = Func("sums"),
          .output = Func("soft_cross_entropy"),
          .k = Var("k"),
          .r = Var("r"),
          .b = Var("b"),
          .c = RDom(0, spec.classes, "c"),
          .rows = RDom(0, spec.rows, "rows")};
}

}  // namespace

SoftCrossEntropy define(const SoftCrossEntropySpec& spec) {
  const std::vector<Operand> list = operands(spec);
  std::vector<ImageParam> arguments;
  for (std::size_t p = 0; p + 1 < list.size(); ++p) arguments.push_back(image_param(list[p]));
  const ImageParam& logits = arguments[0];
  const ImageParam& targets = arguments.back();
  SoftCrossEntropy op = declare(spec);
  const Var r = op.r, b = op.b;
  const auto sum_up = [&](Func& sum, const Expr& term) {
    sum(r, b) = 0.0f;
    sum(r, b) = Halide::strict_float(sum(r, b) + term);
  };
  const Expr label = index_of(arguments[1](r, b), spec.classes);
  const Expr z = logits(op.c, r, b);
  op.top(r, b) = Halide::Float(32).min();
  op.top(r, b) = Halide::max(op.top(r, b), z);
  sum_up(op.exponentials, exp_of(z - op.top(r, b)));
  sum_up(op.mass, targets(op.c, label));
  sum_up(op.product, targets(op.c, label) * (z - op.top(r, b)));
  const Expr own = logits(label, r, b);
  op.better(r, b) = 0;
  op.better(r, b) += Halide::select(z > own || (z == own && op.c < label), 1, 0);
  op.rank(r, b) = 0;
  op.rank(r, b) += comes_before(arguments[2], op.rows, r, b);

  const Expr entropy = Halide::strict_float(
      Halide::Internal::halide_log(op.exponentials(r, b)) * op.mass(r, b) - op.product(r, b));
  const Expr attended = spec.attention ? Expr(arguments[3](r, b)) : Expr(1.0f);
  const Expr weight = Halide::select(op.rank(r, b) < spec.visible, 0.0f, attended);
  const Expr hit = Halide::select(op.better(r, b) == 0, 1.0f, 0.0f);
  op.terms(op.k, r, b) =
      Halide::select(op.k == 0, weight * entropy, op.k == 1, weight, weight * hit);
  op.sums(op.k, b) = 0.0f;
  op.sums(op.k, b) = Halide::strict_float(op.sums(op.k, b) + op.terms(op.k, op.rows, b));
  op.output(op.k, b) = op.sums(op.k, b);
  pin_output(op.output, list.back());
  op.algorithm = {
      std::move(arguments),
      {op.top, op.exponentials, op.mass, op.product, op.better, op.rank, op.terms, op.sums},
      {op.output}};
  return op;
}

}  // namespace vitgen
