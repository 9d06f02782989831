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

// Operands: the sums, the sums before (in the same registers), descriptors of the left and of the
// right factor.
std::string product_text(Element element, int columns, int sums) {
  const std::string type = element == Element::f16 ? "f16" : "bf16";
  std::string text = "wgmma.fence.sync.aligned;\n";
  for (int step = 0; step < kSteps; ++step) {
    const int left = 2 * sums + step;
    text += "wgmma.mma_async.sync.aligned.m64n" + std::to_string(columns) + "k16.f32." + type +
            "." + type + " " + sums_text(sums) + ", " + operand(left) + ", " +
            operand(left + kSteps) + ", 1, 1, 1, 0, 0;\n";
  }
  return text + "wgmma.commit_group.sync.aligned;";
}

std::string wait_text(int in_flight) {
  return "wgmma.wait_group.sync.aligned " + std::to_string(in_flight) + ";";
}

std::string constraints(std::size_t sums, std::size_t descriptors) {
  std::string text;
  for (std::size_t i = 0; i < sums; ++i) text += "=f,";
  for (std::size_t i = 0; i < sums; ++i) text += std::to_string(i) + ",";
  for (std::size_t i = 0; i < descriptors; ++i) text += "l,";
  return text + "~{memory}";
}

// Its results are the sums in the registers that they came in: the register allocator moves none of
// them, since nothing but such statements names them while products are in flight.
KernelCode::Values statement(KernelCode& code, const std::string& text,
                             const KernelCode::Values& sums,
                             const KernelCode::Values& descriptors) {
  llvm::IRBuilder<>& ir = code.ir();
  KernelCode::Values arguments = sums;
  arguments.insert(arguments.end(), descriptors.begin(), descriptors.end());
  std::vector<llvm::Type*> types;
  for (const Value* each : arguments) types.push_back(each->getType());
  auto* results = llvm::StructType::get(ir.getContext(),
                                        std::vector<llvm::Type*>(sums.size(), ir.getFloatTy()));
  auto* type = llvm::FunctionType::get(results, types, false);
  llvm::CallInst* call = ir.CreateCall(
      type, llvm::InlineAsm::get(type, text, constraints(sums.size(), descriptors.size()), true),
      arguments);
  call->setConvergent();
  KernelCode::Values next;
  for (unsigned i = 0; i < sums.size(); ++i) next.push_back(ir.CreateExtractValue(call, i));
  return next;
}

}  // namespace

KernelCode::Values begin_warpgroup_product(KernelCode& code, Element element, int columns,
                                           const KernelCode::Values& sums, Value* left,
                                           Value* right) {
  llvm::IRBuilder<>& ir = code.ir();
  KernelCode::Values descriptors;
  for (Value* matrix : {left, right}) {
    Value* first = descriptor(code, matrix);
    for (int step = 0; step < kSteps; ++step) {
      constexpr std::uint64_t kStep = kProductDepth * kElementBytes / 16;
      descriptors.push_back(
          ir.CreateAdd(first, ir.getInt64(static_cast<std::uint64_t>(step) * kStep)));
    }
  }
  return statement(code, product_text(element, columns, static_cast<int>(sums.size())), sums,
                   descriptors);
}

void wait_for_warpgroup_products(KernelCode& code, int in_flight) {
  llvm::IRBuilder<>& ir = code.ir();
  auto* type = llvm::FunctionType::get(ir.getVoidTy(), false);
  ir.CreateCall(type, llvm::InlineAsm::get(type, wait_text(in_flight), "~{memory}", true))
      ->setConvergent();
}

KernelCode::Values finish_warpgroup_products(KernelCode& code, const KernelCode::Values& sums) {
  return statement(code, wait_text(0), sums, {});
}

}  // namespace vitgen::microkernels
