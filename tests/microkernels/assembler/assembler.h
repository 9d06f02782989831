#pragma once
// What the CUDA toolkit's assembler says of device code, where it is installed.

#include <string>
#include <vector>

#include "tools/emit/device_report.h"

namespace vitgen {

/// Whether there is an assembler; else tests are skipped.
bool has_assembler();

/// `arch`: "sm_80" or "sm_90a". Throws std::runtime_error with the assembler's words where it
/// refuses, and what assembler_reports throws.
std::vector<AssemblerReport> assemble(const std::string& ptx, const std::string& arch);

}  // namespace vitgen
