#include "generators/ops/support/microkernel_stage.h"

namespace vitgen {

Halide::Func microkernel_stage(const Microkernel& microkernel, const Halide::Func& a,
                               const Halide::ImageParam& b, const Halide::Var& j,
                               const Halide::Var& i) {
  Halide::Func acc("acc");
  acc.define_extern(microkernel.symbol, {a, b}, Halide::Float(32), {j, i}, Halide::NameMangling::C);
  return acc;
}

}  // namespace vitgen
