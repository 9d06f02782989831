#pragma once
// What ptxas says of a kernel, where it is installed.

#include <string>

namespace vitgen {

struct AssemblerReport {
  std::string text;
  bool assembled = false;
  int spilled_bytes = 0;  ///< stores and loads, and the stack
  int registers = 0;      ///< of a thread
};

/// Whether there is a ptxas.
bool has_assembler();

/// Assembles PTX for "sm_80" or "sm_90a".
AssemblerReport assemble(const std::string& ptx, const std::string& architecture);

}  // namespace vitgen
