#include "tools/tune/target_code.h"

#include <llvm/MC/MCTargetOptions.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/Triple.h>

#include "generators/base/error.h"

namespace vitgen {

namespace {

constexpr const char* kTriple = "x86_64-unknown-linux-gnu";

const llvm::Target& target() {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86Disassembler();
  std::string why;
  const llvm::Target* found = llvm::TargetRegistry::lookupTarget(kTriple, why);
  if (found == nullptr) throw Error(ExitCode::internal, "CODE_FACTS", printable(why));
  return *found;
}

}  // namespace

std::string host_cpu() { return llvm::sys::getHostCPUName().str(); }

TargetCode::TargetCode(std::string_view cpu) {
  const llvm::Target& x86 = target();
  registers.reset(x86.createMCRegInfo(kTriple));
  syntax.reset(x86.createMCAsmInfo(*registers, kTriple, llvm::MCTargetOptions()));
  instructions.reset(x86.createMCInstrInfo());
  subtarget.reset(x86.createMCSubtargetInfo(kTriple, llvm::StringRef(cpu.data(), cpu.size()), ""));
  context = std::make_unique<llvm::MCContext>(llvm::Triple(kTriple), syntax.get(), registers.get(),
                                              subtarget.get());
  analysis.reset(x86.createMCInstrAnalysis(instructions.get()));
  disassembler.reset(x86.createMCDisassembler(*subtarget, *context));
  if (!disassembler) throw Error(ExitCode::internal, "CODE_FACTS", "LLVM cannot read x86-64 code");
}

std::vector<CodeLine> TargetCode::decode(std::span<const std::uint8_t> code) const {
  std::vector<CodeLine> lines;
  const llvm::ArrayRef<std::uint8_t> bytes(code.data(), code.size());
  for (std::uint64_t at = 0; at < bytes.size();) {
    CodeLine line;
    line.address = at;
    line.target = kNoTarget;
    std::uint64_t size = 0;
    const auto status =
        disassembler->getInstruction(line.inst, size, bytes.slice(at), at, llvm::nulls());
    if (status != llvm::MCDisassembler::Success) {
      at += std::max<std::uint64_t>(size, 1);
      continue;
    }
    const llvm::MCInstrDesc& about = instructions->get(line.inst.getOpcode());
    std::uint64_t to = 0;
    if (about.isBranch() && analysis->evaluateBranch(line.inst, at, size, to)) line.target = to;
    lines.push_back(line);
    at += size;
  }
  return lines;
}

}  // namespace vitgen
