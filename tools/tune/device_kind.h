#pragma once
// Candidates that run on this computer's GPU.

#include "tools/tune/child_backend.h"

namespace vitgen {

/// `assembler`: empty where there is none; then nothing is known of the candidates' code.
ChildKind device_kind(Assembler assembler);

/// What the assembler said of a compiled candidate, as far as it was asked.
CodeFacts device_facts(const std::string& object);

}  // namespace vitgen
