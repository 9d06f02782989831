#include <cpuid.h>

#include "runtime/cpu.h"

namespace vitgen::rt {
namespace {

CpuidRegisters cpuid(uint32_t leaf) {
  CpuidRegisters r;
  __cpuid_count(leaf, 0, r.eax, r.ebx, r.ecx, r.edx);
  return r;
}

uint64_t xgetbv0() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

}  // namespace

CpuState cpu_read() {
  CpuState state = {};
  state.max_leaf = cpuid(0).eax;
  state.max_extended_leaf = cpuid(0x80000000u).eax;
  for (uint32_t i = 0; i < kCpuidLeafCount; ++i) state.leaves[i] = cpuid(kCpuidLeaves[i]);
  if (cpu_has_xcr0(state)) state.xcr0 = xgetbv0();
  return state;
}

}  // namespace vitgen::rt
