#include "schedules/microkernels/tile_unit.h"

#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/Module.h>

#include <string>

namespace vitgen::microkernels {

void emit_tile(llvm::IRBuilder<>& builder, TileUnit unit, std::string_view instruction,
               llvm::ArrayRef<llvm::Value*> arguments) {
  llvm::Module* module = builder.GetInsertBlock()->getModule();
  if (unit == TileUnit::instructions) {
    const auto id = llvm::Function::lookupIntrinsicID("llvm.x86." + std::string(instruction));
    builder.CreateCall(llvm::Intrinsic::getDeclaration(module, id), arguments);
    return;
  }
  llvm::SmallVector<llvm::Type*> types;
  for (const llvm::Value* argument : arguments) types.push_back(argument->getType());
  auto* type = llvm::FunctionType::get(builder.getVoidTy(), types, false);
  builder.CreateCall(module->getOrInsertFunction("vitgen_tile_" + std::string(instruction), type),
                     arguments);
}

}  // namespace vitgen::microkernels
