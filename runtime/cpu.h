#pragma once
// Which instruction sets may be used. The decision is a pure function of a recorded state, so that
// it can be tested for machines that are not at hand; the state of this machine is read separately.

#include <stdint.h>

#include "runtime/text.h"

namespace vitgen::rt {

/// What CPUID and XGETBV tell. Leaves beyond max_leaf and XCR0 without OSXSAVE must be 0 or are
/// ignored.
struct CpuState {
  uint32_t max_leaf;  ///< CPUID 0 EAX
  uint32_t leaf1_ecx;
  uint32_t leaf7_ebx;          ///< sub-leaf 0
  uint32_t max_extended_leaf;  ///< CPUID 0x80000000 EAX
  uint32_t extended1_ecx;      ///< CPUID 0x80000001 ECX
  uint64_t xcr0;
};

/// Bits of vitgen_cpu_feature that are present and enabled by the operating system.
uint32_t cpu_features(const CpuState& state);

/// Appends what `needed` (bits of vitgen_cpu_feature) asks for and `state` lacks: "fma, bmi2".
void cpu_missing(const CpuState& state, uint32_t needed, Text& text);

/// Reads this machine; runs nothing but CPUID and, where the OS allows it, XGETBV.
CpuState cpu_read();

}  // namespace vitgen::rt
