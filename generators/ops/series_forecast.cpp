#include "generators/ops/series_forecast.h"

namespace vitgen {

using Halide::Expr;
using Halide::ImageParam;

std::vector<Operand> operands(const SeriesForecastSpec& spec) {
  return {{"forecast", Role::input, DType::f32, {spec.horizon, spec.variables, spec.batch}},
          {"series", Role::input, DType::f32, {spec.variables, spec.length, spec.batch}},
          {"gain", Role::weight, DType::f32, {spec.variables}},
          {"bias", Role::weight, DType::f32, {spec.variables}},
          {"output", Role::output, DType::f32, {spec.variables, spec.horizon, spec.batch}}};
}

double flops(const SeriesForecastSpec& spec) {
  const double series = static_cast<double>(spec.batch) * spec.variables;
  return series * (4.0 * spec.length + 4.0 * spec.horizon);
}

SeriesForecast define(const SeriesForecastSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam forecast = image_param(list[0]);
  const ImageParam series = image_param(list[1]);
  const ImageParam gain = image_param(list[2]);
  const ImageParam bias = image_param(list[3]);
  SeriesForecast op{.algorithm = {},
                    .stats = series_stats(series, spec.length, spec.eps),
                    .output = Halide::Func("series_forecast"),
                    .v = Halide::Var("v"),
                    .f = Halide::Var("f"),
                    .b = Halide::Var("b")};
  const float guard = spec.eps * spec.eps;
  const Expr scaled = (forecast(op.f, op.v, op.b) - bias(op.v)) / (gain(op.v) + guard);
  op.output(op.v, op.f, op.b) =
      Halide::strict_float(scaled * op.stats.deviation(op.v, op.b) + op.stats.mean(op.v, op.b));
  pin_output(op.output, list.back());
  op.algorithm = {{forecast, series, gain, bias}, op.stats.stages(), {op.output}};
  return op;
}

}  // namespace vitgen
