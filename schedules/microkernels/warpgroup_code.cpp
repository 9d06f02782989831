#include "schedules/microkernels/warpgroup_code.h"

#include <llvm/IR/InlineAsm.h>

#include "schedules/microkernels/warp_maps.h"

namespace vitgen::microkernels {

using llvm::Value;

namespace {

constexpr int kSteps = 4;  ///< products of 16 terms

// Bits 0-13: address / 16; 32-45: bytes from eight rows to the next / 16; 62-63: 1 for the swizzle
// of 128 bytes. The distance in bits 16-29 has no meaning with it.
Value* descriptor(KernelCode& code, Value* matrix) {
  constexpr std::uint64_t kAddressBits = 0x3ffff;
  constexpr std::uint64_t kRows = std::uint64_t{kSwizzleBytes / 16} << 32;
  constexpr std::uint64_t kSwizzle = std::uint64_t{1} << 62;
  llvm::IRBuilder<>& ir = code.ir();
  Value* address = ir.CreateAnd(ir.CreatePtrToInt(matrix, ir.getInt64Ty()), kAddressBits);
  return ir.CreateOr(ir.CreateLShr(address, 4), kRows | kSwizzle);
}

std::string operand(int number) { return "$" + std::to_string(number); }

std::string sums_text(int sums) {
  std::string text = "{";
  for (int i = 0; i < sums; ++i) text += (i == 0 ? "" : ", ") + operand(i);
  return text + "}";
}

// One statement: between its instructions no register of a sum may be moved. Operands: the sums,
// the sums before (in the same registers), descriptors of the left and of the right factor.
std::string product_text(Element element, int columns, int sums) {
  const std::string type = element == Element::f16 ? "f16" : "bf16";
  std::string text = "wgmma.fence.sync.aligned;\n";
  for (int step = 0; step < kSteps; ++step) {
    const int left = 2 * sums + step;
    text += "wgmma.mma_async.sync.aligned.m64n" + std::to_string(columns) + "k16.f32." + type +
            "." + type + " " + sums_text(sums) + ", " + operand(left) + ", " +
            operand(left + kSteps) + ", 1, 1, 1, 0, 0;\n";
  }
  return text + "wgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;";
}

std::string constraints(int sums) {
  std::string text;
  for (int i = 0; i < sums; ++i) text += "=f,";
  for (int i = 0; i < sums; ++i) text += std::to_string(i) + ",";
  for (int i = 0; i < 2 * kSteps; ++i) text += "l,";
  return text + "~{memory}";
}

}  // namespace

KernelCode::Values add_warpgroup_product(KernelCode& code, Element element, int columns,
                                         const KernelCode::Values& sums, Value* left,
                                         Value* right) {
  llvm::IRBuilder<>& ir = code.ir();
  const int count = static_cast<int>(sums.size());
  KernelCode::Values arguments = sums;
  std::vector<llvm::Type*> types(sums.size(), ir.getFloatTy());
  auto* results = llvm::StructType::get(ir.getContext(), types);
  for (Value* matrix : {left, right}) {
    Value* first = descriptor(code, matrix);
    for (int step = 0; step < kSteps; ++step) {
      constexpr std::uint64_t kStep = kProductDepth * kElementBytes / 16;
      arguments.push_back(
          ir.CreateAdd(first, ir.getInt64(static_cast<std::uint64_t>(step) * kStep)));
      types.push_back(ir.getInt64Ty());
    }
  }
  auto* type = llvm::FunctionType::get(results, types, false);
  llvm::CallInst* call = ir.CreateCall(
      type,
      llvm::InlineAsm::get(type, product_text(element, columns, count), constraints(count), true),
      arguments);
  call->setConvergent();
  KernelCode::Values next;
  for (unsigned i = 0; i < sums.size(); ++i) next.push_back(ir.CreateExtractValue(call, i));
  return next;
}

}  // namespace vitgen::microkernels
