#pragma once
// The operands of one instruction.

#include <vector>

#include "tests/ptx/parse/function_builder.h"
#include "tests/ptx/parse/lexer.h"

namespace vitgen::ptx {

/// Up to and with the ";".
std::vector<Operand> parse_operands(Lexer& lexer, FunctionBuilder& function);

}  // namespace vitgen::ptx
