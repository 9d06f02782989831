#pragma once
// Unsigned 32-bit arithmetic in IR that reads like the host's: the maps of lanes to elements are
// templates, which tests run on integers and kernels on these.

#include <llvm/IR/IRBuilder.h>

namespace vitgen::microkernels {

class Index {
 public:
  Index(llvm::IRBuilder<>& ir, llvm::Value* value) : ir_(&ir), value_(value) {}

  llvm::Value* value() const { return value_; }

  friend Index operator+(Index a, Index b) {
    return {*a.ir_, a.ir_->CreateAdd(a.value_, b.value_)};
  }
  friend Index operator+(Index a, int b) { return a + a.constant(b); }
  friend Index operator*(Index a, int b) {
    return {*a.ir_, a.ir_->CreateMul(a.value_, a.constant(b).value_)};
  }
  friend Index operator/(Index a, int b) {
    return {*a.ir_, a.ir_->CreateUDiv(a.value_, a.constant(b).value_)};
  }
  friend Index operator%(Index a, int b) {
    return {*a.ir_, a.ir_->CreateURem(a.value_, a.constant(b).value_)};
  }
  friend Index operator^(Index a, Index b) {
    return {*a.ir_, a.ir_->CreateXor(a.value_, b.value_)};
  }

  llvm::Value* below(Index limit) const { return ir_->CreateICmpULT(value_, limit.value_); }
  llvm::Value* below(int limit) const { return below(constant(limit)); }
  Index at_most(int limit) const {
    return {*ir_, ir_->CreateSelect(below(limit), value_, constant(limit).value_)};
  }

 private:
  Index constant(int value) const {
    return {*ir_, ir_->getInt32(static_cast<std::uint32_t>(value))};
  }

  llvm::IRBuilder<>* ir_;
  llvm::Value* value_;
};

}  // namespace vitgen::microkernels
