#include "schedules/support/elementwise.h"

namespace vitgen {

int exact_lanes(int extent, int lanes) {
  while (extent % lanes != 0) lanes /= 2;
  return lanes;
}

void vectorize_exact(Halide::Func& func, const Halide::Var& var, int extent, int lanes) {
  const int exact = exact_lanes(extent, lanes);
  if (exact > 1) func.vectorize(var, exact, Halide::TailStrategy::RoundUp);
}

}  // namespace vitgen
