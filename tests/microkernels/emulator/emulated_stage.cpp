#include "tests/microkernels/emulator/emulated_stage.h"

#include <llvm-c/Target.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>

#include <stdexcept>

#include "schedules/microkernels/machine_code.h"
#include "schedules/microkernels/stage.h"
#include "tests/microkernels/emulator/tile_emulator.h"

namespace vitgen::emulator {

namespace {

namespace orc = llvm::orc;

template <class T>
T value_of(llvm::Expected<T> value) {
  if (!value) throw std::runtime_error(llvm::toString(value.takeError()));
  return std::move(*value);
}

void check(llvm::Error error) {
  if (error) throw std::runtime_error(llvm::toString(std::move(error)));
}

orc::ThreadSafeModule emulated_module(const microkernels::TileProduct& shape) {
  using microkernels::TileUnit;
  auto context = std::make_unique<llvm::LLVMContext>();
  auto module = microkernels::x86_module(*context, "emulated");
  microkernels::define_tile_product(*module, "product", shape, TileUnit::calls);
  llvm::Function* inner =
      microkernels::define_tile_product(*module, "inner", shape, TileUnit::calls);
  microkernels::define_tile_stage(*module, "stage", inner, shape);
  return {std::move(module), std::move(context)};
}

}  // namespace

struct EmulatedProduct::Code {
  std::unique_ptr<orc::LLJIT> jit;
};

EmulatedProduct::EmulatedProduct(const microkernels::TileProduct& shape)
    : code_(std::make_unique<Code>()) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  code_->jit = value_of(orc::LLJITBuilder().create());
  orc::LLJIT& jit = *code_->jit;
  orc::SymbolMap symbols;
  for (const auto& [name, function] : tile_functions()) {
    symbols[jit.mangleAndIntern(name)] = {orc::ExecutorAddr::fromPtr(function),
                                          llvm::JITSymbolFlags::Exported};
  }
  check(jit.getMainJITDylib().define(orc::absoluteSymbols(std::move(symbols))));
  check(jit.addIRModule(emulated_module(shape)));
  product_ = value_of(jit.lookup("product")).toPtr<ProductFunction>();
  stage_ = value_of(jit.lookup("stage")).toPtr<StageFunction>();
}

EmulatedProduct::~EmulatedProduct() = default;
EmulatedProduct::EmulatedProduct(EmulatedProduct&&) noexcept = default;

}  // namespace vitgen::emulator
