#include "generators/ops/series_patches.h"

namespace vitgen {

using Halide::Expr;
using Halide::ImageParam;

std::vector<Operand> operands(const SeriesPatchesSpec& spec) {
  return {{"series", Role::input, DType::f32, {spec.variables, spec.length, spec.batch}},
          {"gain", Role::weight, DType::f32, {spec.variables}},
          {"bias", Role::weight, DType::f32, {spec.variables}},
          {"output",
           Role::output,
           spec.storage,
           {spec.patch, spec.patches(), spec.variables, spec.batch}}};
}

double flops(const SeriesPatchesSpec& spec) {
  const double series = static_cast<double>(spec.batch) * spec.variables;
  return series * (4.0 * spec.length + 4.0 * spec.patches() * spec.patch);
}

SeriesPatches define(const SeriesPatchesSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam series = image_param(list[0]);
  const ImageParam gain = image_param(list[1]);
  const ImageParam bias = image_param(list[2]);
  SeriesPatches op{.algorithm = {},
                   .stats = series_stats(series, spec.length, spec.eps),
                   .output = Halide::Func("series_patches"),
                   .p = Halide::Var("p"),
                   .t = Halide::Var("t"),
                   .v = Halide::Var("v"),
                   .b = Halide::Var("b")};
  const Expr i = Halide::clamp(op.t * spec.stride + op.p, 0, spec.length - 1);
  const Expr centred = series(op.v, i, op.b) - op.stats.mean(op.v, op.b);
  const Expr normalised =
      Halide::strict_float(centred / op.stats.deviation(op.v, op.b) * gain(op.v) + bias(op.v));
  op.output(op.p, op.t, op.v, op.b) = stored(normalised, spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {{series, gain, bias}, op.stats.stages(), {op.output}};
  return op;
}

}  // namespace vitgen
