#pragma once
// Mean and deviation of each variable of a series, as reversible instance normalisation has them
// (Kim et al. 2022, RevIN): over time, population variance, eps inside the root.

#include <Halide.h>

#include <vector>

namespace vitgen {

struct SeriesStats {
  Halide::Func total, mean;         ///< (v, b)
  Halide::Func squares, deviation;  ///< (v, b): deviation = sqrt(variance + eps)
  Halide::Var v, b;
  Halide::RDom time;
  std::vector<Halide::Func> stages() const { return {total, mean, squares, deviation}; }
};

/// Of series {variables, length, batch}; both sums run in the order of time.
SeriesStats series_stats(const Halide::ImageParam& series, int length, float eps);

}  // namespace vitgen
