#pragma once
// The device code of a kernel for CUDA, and what the toolkit's assembler says of it.

#include <string>

#include "schedules/choice.h"
#include "schedules/device_kernel.h"
#include "schedules/machine.h"

namespace vitgen {

/// As a library would have it.
DeviceKernel device_code(const OpSpec& spec, const Machine& machine, const Choice& choice);

/// Of one entry.
struct AssemblerReport {
  std::string entry;
  int registers = 0;
  int stack_bytes = 0;   ///< of a thread, in local memory
  int spill_bytes = 0;   ///< stores and loads
  int shared_bytes = 0;  ///< static
};

/// Whether there is an assembler; else tests are skipped.
bool has_assembler();

/// `arch`: "sm_80". Throws std::runtime_error with the assembler's words where it refuses.
std::vector<AssemblerReport> assemble(const std::string& ptx, const std::string& arch);

}  // namespace vitgen
