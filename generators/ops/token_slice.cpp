#include "generators/ops/token_slice.h"

namespace vitgen {

using Halide::ImageParam;

std::vector<Operand> operands(const TokenSliceSpec& spec) {
  return {{"input", Role::input, spec.storage, {spec.width, spec.tokens, spec.batch}},
          {"output", Role::output, spec.storage, {spec.width, spec.count(), spec.batch}}};
}

double flops(const TokenSliceSpec&) { return 0; }

double bytes(const TokenSliceSpec& spec) {
  return 2.0 * static_cast<double>(byte_size(spec.storage)) * spec.batch * spec.count() *
         spec.width;
}

TokenSlice define(const TokenSliceSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  const ImageParam input = image_param(list[0]);
  TokenSlice op{.algorithm = {},
                .output = Halide::Func("token_slice"),
                .c = Halide::Var("c"),
                .i = Halide::Var("i"),
                .b = Halide::Var("b")};
  op.output(op.c, op.i, op.b) = input(op.c, op.i + spec.first, op.b);
  pin_output(op.output, list.back());
  op.algorithm = {{input}, {}, {op.output}};
  return op;
}

}  // namespace vitgen
