#pragma once
// Arithmetic in f32 and the conversions to and from 16 bits. Products of matrices have 16-bit
// factors and f32 sums.

#include <array>
#include <span>

#include "schedules/microkernels/device_code.h"
#include "schedules/microkernels/kernel_code.h"

namespace vitgen::microkernels {

class FloatCode {
 public:
  FloatCode(KernelCode& code, Element element) : code_(code), ir_(code.ir()), element_(element) {}

  llvm::Value* constant(double value);
  /// a b + c, rounded once.
  llvm::Value* multiply_add(llvm::Value* a, llvm::Value* b, llvm::Value* c);
  /// coefficients[0] + coefficients[1] x + ... by Horner's rule.
  llvm::Value* polynomial(llvm::Value* x, std::span<const double> coefficients);
  llvm::Value* magnitude(llvm::Value* x);
  llvm::Value* greater(llvm::Value* a, llvm::Value* b);  ///< the one that is a number, of NaN
  /// 2^x, relative error 2^-22 (PTX ISA 8.5, ex2.approx.ftz.f32: 2 ulp).
  llvm::Value* power_of_two(llvm::Value* x);
  /// 1 / x, relative error 2^-23 (PTX ISA 8.5, rcp.approx.ftz.f32: 1 ulp).
  llvm::Value* reciprocal(llvm::Value* x);

  /// Two elements in the 32 bits of a register, `low` at the lower address.
  llvm::Value* pack(llvm::Value* low, llvm::Value* high);
  std::array<llvm::Value*, 2> unpack(llvm::Value* pair);

  /// sums + left right, 16 x 8 of 16 terms: fragments as warp_maps.h says.
  void add_product(std::array<llvm::Value*, 4>& sums, const std::array<llvm::Value*, 4>& left,
                   const std::array<llvm::Value*, 2>& right);

 private:
  KernelCode& code_;
  llvm::IRBuilder<>& ir_;
  Element element_;
};

}  // namespace vitgen::microkernels
