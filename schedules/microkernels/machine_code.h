#pragma once
// From IR to bytes that can be put into any section.

#include <llvm/IR/Module.h>

#include <cstdint>
#include <string>

namespace vitgen::microkernels {

/// A module for x86-64 Linux.
std::unique_ptr<llvm::Module> x86_module(llvm::LLVMContext& context, const std::string& name);

/// Code that runs wherever it is put: it refers to nothing outside of itself.
struct MachineCode {
  std::string bytes;
  std::uint64_t entry = 0;      ///< offset of the symbol asked for
  std::uint64_t alignment = 1;  ///< that the bytes need
};

/// Compiles for one CPU of LLVM's names ("sapphirerapids"). Throws std::runtime_error if the IR is
/// invalid, if `symbol` is not defined, or if the code needs a relocation.
MachineCode machine_code(llvm::Module& module, const std::string& cpu, const std::string& symbol);

/// The same as assembly text, for tests.
std::string assembly(llvm::Module& module, const std::string& cpu);

}  // namespace vitgen::microkernels
