#pragma once
// LLVM's knowledge of one CPU: enough to read machine code and to ask what it costs.

#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstrAnalysis.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCSubtargetInfo.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitgen {

/// LLVM's name of the CPU that this program runs on, "sapphirerapids".
std::string host_cpu();

/// One decoded instruction.
struct CodeLine {
  llvm::MCInst inst;
  std::uint64_t address = 0;  ///< in its section
  std::uint64_t target = 0;   ///< of a direct branch; kNoTarget otherwise
};
inline constexpr std::uint64_t kNoTarget = ~std::uint64_t{0};

struct TargetCode {
  /// Throws CODE_FACTS if this LLVM does not know x86-64.
  explicit TargetCode(std::string_view cpu);

  std::unique_ptr<const llvm::MCRegisterInfo> registers;
  std::unique_ptr<const llvm::MCAsmInfo> syntax;
  std::unique_ptr<const llvm::MCInstrInfo> instructions;
  std::unique_ptr<const llvm::MCSubtargetInfo> subtarget;
  std::unique_ptr<llvm::MCContext> context;
  std::unique_ptr<const llvm::MCInstrAnalysis> analysis;
  std::unique_ptr<const llvm::MCDisassembler> disassembler;

  /// Bytes that are no instruction are passed over.
  std::vector<CodeLine> decode(std::span<const std::uint8_t> code) const;
};

}  // namespace vitgen
