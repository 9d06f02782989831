#pragma once
// How long a loop takes according to LLVM's machine code analyzer: a model of the CPU's pipeline
// with every load in L1. It is blind to tile registers, so their spills must be counted
// (code_facts.h).

#include <span>

#include "tools/tune/target_code.h"

namespace vitgen {

/// Cycles per iteration of the loop whose body is `body`, its back branch included, in the long
/// run; 0 where the model does not know an instruction.
double loop_cycles(const TargetCode& code, std::span<const CodeLine> body);

}  // namespace vitgen
