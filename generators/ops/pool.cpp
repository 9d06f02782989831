#include "generators/ops/pool.h"

namespace vitgen {

using Halide::Expr;
using Halide::ImageParam;

std::vector<Operand> operands(const PoolSpec& spec) {
  return {{"input", Role::input, spec.storage, {spec.width, spec.tokens, spec.batch}},
          {"output", Role::output, spec.storage, {spec.out_width(), spec.batch}}};
}

namespace {

bool takes_mean(const PoolSpec& spec) {
  return spec.pooling == Pooling::mean || spec.pooling == Pooling::token_and_mean;
}

int read_tokens(const PoolSpec& spec) {
  const int patches = spec.tokens - spec.prefix;
  switch (spec.pooling) {
    case Pooling::token:
      return 1;
    case Pooling::two_tokens:
      return 2;
    case Pooling::mean:
      return patches;
    case Pooling::token_and_mean:
      return spec.prefix > 0 ? 1 + patches : patches;
  }
  return spec.tokens;
}

}  // namespace

double flops(const PoolSpec& spec) {
  // What is only copied counts as one operation a value.
  return static_cast<double>(spec.batch) *
         (takes_mean(spec) ? (spec.tokens - spec.prefix) * spec.width : spec.out_width());
}

double bytes(const PoolSpec& spec) {
  const double read = static_cast<double>(read_tokens(spec)) * spec.width;
  return static_cast<double>(byte_size(spec.storage)) * spec.batch * (read + spec.out_width());
}

Pool define(const PoolSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam argument = image_param(list[0]);
  const auto input = [&](const Expr& c, const Expr& t, const Expr& b) {
    return value_of(argument(c, t, b));
  };
  const int patches = spec.tokens - spec.prefix;
  Pool op{.algorithm = {},
          .total = Halide::Func("total"),
          .output = Halide::Func("pool"),
          .c = Halide::Var("c"),
          .b = Halide::Var("b"),
          .t = Halide::RDom(spec.prefix, patches, "t")};

  op.total(op.c, op.b) = 0.0f;
  op.total(op.c, op.b) += input(op.c, op.t, op.b);
  const auto mean = [&](const Expr& c) { return op.total(c, op.b) / static_cast<float>(patches); };
  // Channels past the first `width` belong to the second half of a concatenation.
  const Expr first = Halide::clamp(op.c, 0, spec.width - 1);
  const Expr second = Halide::clamp(op.c - spec.width, 0, spec.width - 1);
  Expr value;
  switch (spec.pooling) {
    case Pooling::token:
      value = input(op.c, 0, op.b);
      break;
    case Pooling::mean:
      value = mean(op.c);
      break;
    case Pooling::two_tokens:
      value = Halide::select(op.c < spec.width, input(first, 0, op.b), input(second, 1, op.b));
      break;
    case Pooling::token_and_mean:
      value = Halide::select(op.c < spec.width, input(first, 0, op.b), mean(second));
      break;
  }
  op.output(op.c, op.b) = stored(value, spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {
      {argument},
      takes_mean(spec) ? std::vector<Halide::Func>{op.total} : std::vector<Halide::Func>{},
      {op.output}};
  return op;
}

}  // namespace vitgen
