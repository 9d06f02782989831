#include "generators/ops/masked_patches.h"

namespace vitgen {

using Halide::Expr;
using Halide::ImageParam;

std::vector<Operand> operands(const MaskedPatchesSpec& spec) {
  return {{"patches", Role::input, spec.storage, {spec.width, spec.patches, spec.batch}},
          {"mask", Role::input, DType::f32, {spec.patches, spec.batch}},
          {"token", Role::weight, DType::f32, {spec.width}},
          {"output", Role::output, spec.storage, {spec.width, spec.patches, spec.batch}}};
}

double flops(const MaskedPatchesSpec&) { return 0; }

MaskedPatches define(const MaskedPatchesSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam patches = image_param(list[0]);
  const ImageParam mask = image_param(list[1]);
  const ImageParam token = image_param(list[2]);
  MaskedPatches op{.algorithm = {},
                   .output = Halide::Func("masked_patches"),
                   .c = Halide::Var("c"),
                   .p = Halide::Var("p"),
                   .b = Halide::Var("b")};
  const Expr shown =
      Halide::select(mask(op.p, op.b) > 0.0f, token(op.c), value_of(patches(op.c, op.p, op.b)));
  op.output(op.c, op.p, op.b) = stored(shown, spec.storage);
  pin_output(op.output, list.back());
  op.algorithm = {{patches, mask, token}, {}, {op.output}};
  return op;
}

}  // namespace vitgen
