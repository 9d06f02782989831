#pragma once
// The tile instructions of x86 (AMX), or something that behaves like them.

#include <llvm/IR/IRBuilder.h>

#include <string_view>

namespace vitgen::microkernels {

enum class TileUnit {
  instructions,  ///< of the CPU that the module is compiled for
  calls,  ///< calls of functions `vitgen_tile_<instruction>` with the same arguments, for emulators
};

/// Writes one instruction: ldtilecfg(p), tilezero(t), tileloadd64(t, p, stride),
/// tdpbf16ps(c, a, b), tilestored64(t, p, stride), tilerelease(). Tiles are i8 constants. With
/// numbers instead of LLVM's tile values nothing is ever spilled: the `.internal` family spills
/// sums in the inner loop as soon as one function holds two shapes.
void emit_tile(llvm::IRBuilder<>& builder, TileUnit unit, std::string_view instruction,
               llvm::ArrayRef<llvm::Value*> arguments);

}  // namespace vitgen::microkernels
