#include "schedules/microkernels/nvptx.h"

#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include <stdexcept>

// What llvm-c/Target.h declares for each target that LLVM was built with.
extern "C" {
void LLVMInitializeNVPTXTargetInfo();
void LLVMInitializeNVPTXTarget();
void LLVMInitializeNVPTXTargetMC();
void LLVMInitializeNVPTXAsmPrinter();
}

namespace vitgen::microkernels {

namespace {

constexpr const char* kTriple = "nvptx64-nvidia-cuda";

std::unique_ptr<llvm::TargetMachine> target_machine(DeviceArchitecture architecture) {
  LLVMInitializeNVPTXTargetInfo();
  LLVMInitializeNVPTXTarget();
  LLVMInitializeNVPTXTargetMC();
  LLVMInitializeNVPTXAsmPrinter();
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(kTriple, error);
  if (!target) throw std::runtime_error("micro-kernel: " + error);
  // The oldest PTX that has the instructions, so that the oldest driver takes it: mma.m16n8k16 is
  // of 7.0 and the rounding to two bf16 at once of 7.1; wgmma of 8.0.
  const bool hopper = architecture == DeviceArchitecture::sm_90a;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      kTriple, hopper ? "sm_90a" : "sm_80", hopper ? "+ptx80" : "+ptx71", {}, std::nullopt,
      std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

}  // namespace

std::unique_ptr<llvm::Module> nvptx_module(llvm::LLVMContext& context,
                                           DeviceArchitecture architecture) {
  auto module = std::make_unique<llvm::Module>("", context);
  module->setTargetTriple(kTriple);
  module->setDataLayout(target_machine(architecture)->createDataLayout());
  return module;
}

std::string ptx(llvm::Module& module, DeviceArchitecture architecture) {
  std::string problem;
  llvm::raw_string_ostream problems(problem);
  if (llvm::verifyModule(module, &problems)) throw std::runtime_error("micro-kernel: " + problem);
  const auto machine = target_machine(architecture);
  llvm::SmallVector<char, 0> out;
  llvm::raw_svector_ostream stream(out);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile)) {
    throw std::runtime_error("micro-kernel: no PTX");
  }
  passes.run(module);
  return {out.data(), out.size()};
}

}  // namespace vitgen::microkernels
