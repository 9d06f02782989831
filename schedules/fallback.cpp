#include "schedules/fallback.h"

namespace vitgen {

Algorithm build_fallback(const OpSpec& spec) {
  Algorithm algorithm = find_op(spec.op).define(spec);
  for (Halide::Func& stage : algorithm.stages) stage.compute_root();
  return algorithm;
}

}  // namespace vitgen
