#include "generators/ops/support/series_stats.h"

namespace vitgen {

using Halide::Expr;
using Halide::Func;
using Halide::strict_float;

SeriesStats series_stats(const Halide::ImageParam& series, int length, float eps) {
  SeriesStats s{.total = Func("total"),
                .mean = Func("mean"),
                .squares = Func("squares"),
                .deviation = Func("deviation"),
                .v = Halide::Var("v"),
                .b = Halide::Var("b"),
                .time = Halide::RDom(0, length, "time")};
  const auto count = static_cast<float>(length);
  // Strict sums and squares: a compiler that unrolls or fuses them does so by vector width.
  s.total(s.v, s.b) = 0.0f;
  s.total(s.v, s.b) = strict_float(s.total(s.v, s.b) + series(s.v, s.time, s.b));
  s.mean(s.v, s.b) = strict_float(s.total(s.v, s.b) / count);
  const Expr centred = series(s.v, s.time, s.b) - s.mean(s.v, s.b);
  s.squares(s.v, s.b) = 0.0f;
  s.squares(s.v, s.b) = strict_float(s.squares(s.v, s.b) + centred * centred);
  s.deviation(s.v, s.b) = strict_float(Halide::sqrt(s.squares(s.v, s.b) / count + eps));
  return s;
}

}  // namespace vitgen
