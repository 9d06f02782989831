#include "generators/ops/support/algorithm.h"

namespace vitgen {

Halide::Type halide_type(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return Halide::Float(32);
    case DType::u8:
      return Halide::UInt(8);
    case DType::i32:
      return Halide::Int(32);
    case DType::bf16:  // its bits: Halide 21 cannot compile BFloat(16) for CUDA devices
      return Halide::UInt(16);
    case DType::f16:
      return Halide::Float(16);
  }
  return Halide::Float(32);
}

namespace {
template <class Dimensioned>
void pin(Dimensioned&& buffer, const Operand& operand) {
  int stride = 1;
  for (std::size_t d = 0; d < operand.extents.size(); ++d) {
    buffer.dim(static_cast<int>(d)).set_bounds(0, operand.extents[d]).set_stride(stride);
    stride *= operand.extents[d];
  }
}
}  // namespace

Halide::ImageParam image_param(const Operand& operand) {
  Halide::ImageParam param(halide_type(operand.dtype), static_cast<int>(operand.extents.size()),
                           operand.name);
  pin(param, operand);
  return param;
}

Halide::Pipeline pipeline(const Algorithm& algorithm) {
  Halide::Pipeline result(algorithm.outputs);
  for (const auto& pass : algorithm.lowering_passes) {
    result.add_custom_lowering_pass(pass.get(), nullptr);
  }
  return result;
}

std::size_t operand_position(const std::vector<Operand>& operands, std::string_view name) {
  for (std::size_t p = 0; p < operands.size(); ++p) {
    if (operands[p].name == name) return p;
  }
  throw Error(ExitCode::internal, "OPERAND", "no operand " + std::string(name));
}

void pin_output(Halide::Func& output, const Operand& operand) {
  pin(output.output_buffer(), operand);
  for (std::size_t d = 0; d < operand.extents.size(); ++d) {
    output.bound(output.args()[d], 0, operand.extents[d]);
  }
}

}  // namespace vitgen
