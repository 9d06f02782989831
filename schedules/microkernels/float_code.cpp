#include "schedules/microkernels/float_code.h"

#include <llvm/IR/IntrinsicsNVPTX.h>

namespace vitgen::microkernels {

using llvm::Value;
namespace Intrinsic = llvm::Intrinsic;

Value* FloatCode::constant(double value) {
  return llvm::ConstantFP::get(ir_.getContext(), llvm::APFloat(static_cast<float>(value)));
}

Value* FloatCode::multiply_add(Value* a, Value* b, Value* c) {
  return code_.intrinsic(Intrinsic::fma, {a, b, c}, {ir_.getFloatTy()});
}

Value* FloatCode::polynomial(Value* x, std::span<const double> coefficients) {
  Value* sum = constant(coefficients.back());
  for (std::size_t i = coefficients.size() - 1; i-- > 0;) {
    sum = multiply_add(sum, x, constant(coefficients[i]));
  }
  return sum;
}

Value* FloatCode::magnitude(Value* x) {
  return code_.intrinsic(Intrinsic::fabs, {x}, {ir_.getFloatTy()});
}

Value* FloatCode::greater(Value* a, Value* b) {
  return code_.intrinsic(Intrinsic::maxnum, {a, b}, {ir_.getFloatTy()});
}

Value* FloatCode::power_of_two(Value* x) {
  return code_.intrinsic(Intrinsic::nvvm_ex2_approx_ftz_f, {x});
}

Value* FloatCode::reciprocal(Value* x) {
  return code_.intrinsic(Intrinsic::nvvm_rcp_approx_ftz_f, {x});
}

Value* FloatCode::pack(Value* low, Value* high) {
  const auto id =
      element_ == Element::f16 ? Intrinsic::nvvm_ff2f16x2_rn : Intrinsic::nvvm_ff2bf16x2_rn;
  return ir_.CreateBitCast(code_.intrinsic(id, {high, low}), ir_.getInt32Ty());
}

std::array<Value*, 2> FloatCode::unpack(Value* pair) {
  if (element_ == Element::bf16) {  // the upper half of an f32
    return {ir_.CreateBitCast(ir_.CreateShl(pair, 16), ir_.getFloatTy()),
            ir_.CreateBitCast(ir_.CreateAnd(pair, 0xffff0000), ir_.getFloatTy())};
  }
  Value* halves = ir_.CreateBitCast(pair, llvm::FixedVectorType::get(ir_.getHalfTy(), 2));
  const auto half = [&](std::uint64_t i) {
    return ir_.CreateFPExt(ir_.CreateExtractElement(halves, i), ir_.getFloatTy());
  };
  return {half(0), half(1)};
}

void FloatCode::add_product(std::array<Value*, 4>& sums, const std::array<Value*, 4>& left,
                            const std::array<Value*, 2>& right) {
  const bool f16 = element_ == Element::f16;
  auto* pair = llvm::FixedVectorType::get(ir_.getHalfTy(), 2);
  KernelCode::Values arguments;
  for (Value* each : left) arguments.push_back(each);
  for (Value* each : right) arguments.push_back(each);
  if (f16) {
    for (Value*& each : arguments) each = ir_.CreateBitCast(each, pair);
  }
  arguments.insert(arguments.end(), sums.begin(), sums.end());
  Value* result = code_.intrinsic(f16 ? Intrinsic::nvvm_mma_m16n8k16_row_col_f32_f32
                                      : Intrinsic::nvvm_mma_m16n8k16_row_col_bf16,
                                  arguments);
  for (unsigned i = 0; i < sums.size(); ++i) sums[i] = ir_.CreateExtractValue(result, i);
}

}  // namespace vitgen::microkernels
