#include "generators/ops/argsort.h"

#include "generators/ops/support/rank.h"

namespace vitgen {

using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;
using Halide::Var;

std::vector<Operand> operands(const ArgsortSpec& spec) {
  return {{"keys", Role::input, DType::f32, {spec.keys, spec.batch}},
          {"output", Role::output, DType::f32, {spec.count, spec.batch}}};
}

double flops(const ArgsortSpec& spec) {
  return static_cast<double>(spec.batch) * spec.keys * (spec.keys + spec.count);
}

Argsort define(const ArgsortSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam keys = image_param(list[0]);
  Argsort op{.algorithm = {},
             .rank = Func("rank"),
             .found = Func("found"),
             .output = Func("argsort"),
             .i = Var("i"),
             .r = Var("r"),
             .b = Var("b"),
             .others = RDom(0, spec.keys, "others"),
             .candidates = RDom(0, spec.keys, "candidates")};
  op.rank(op.i, op.b) = 0;
  op.rank(op.i, op.b) += comes_before(keys, op.others, op.i, op.b);
  op.found(op.r, op.b) = 0;
  op.found(op.r, op.b) +=
      Halide::select(op.rank(op.candidates, op.b) == op.r, Expr(op.candidates), 0);
  op.output(op.r, op.b) =
      Halide::cast<float>(Halide::clamp(op.found(op.r, op.b), 0, spec.keys - 1));
  pin_output(op.output, list.back());
  op.algorithm = {{keys}, {op.rank, op.found}, {op.output}};
  return op;
}

}  // namespace vitgen
