#include "runtime/cpu.h"

#include "runtime/table.h"

namespace vitgen::rt {
namespace {

/// A feature and those that its kernels use as well.
struct Level {
  uint32_t feature;  ///< one bit of vitgen_cpu_feature
  uint32_t includes;
};

constexpr Level kLevels[] = {
    {VITGEN_CPU_AVX2_FMA_F16C, 0},
    {VITGEN_CPU_AVX512_SKX, VITGEN_CPU_AVX2_FMA_F16C},
};

struct Source {
  uint32_t leaf;  ///< one of kCpuidLeaves, or kSystem
  uint32_t CpuidRegisters::* of;
};

enum : uint32_t { kSystem = ~0u };
constexpr Source kLeaf1Ecx = {1, &CpuidRegisters::ecx};
constexpr Source kLeaf7Ebx = {7, &CpuidRegisters::ebx};
constexpr Source kExtended1Ecx = {0x80000001u, &CpuidRegisters::ecx};
constexpr Source kXcr0 = {kSystem, nullptr};

/// What a feature consists of: everything else is derived from these rows and kLevels.
struct Need {
  uint32_t feature;  ///< of vitgen_cpu_feature
  const char* name;
  Source source;
  uint32_t bits;  ///< all of them must be set
};

// Bit numbers: Intel SDM volume 2A, CPUID; LZCNT: AMD APM volume 3, Fn8000_0001 ECX "ABM".
// XCR0: volume 1, 13.1: SSE and YMM state; opmask, upper halves of ZMM0-15, ZMM16-31.
constexpr Need kNeeds[] = {
    {VITGEN_CPU_AVX2_FMA_F16C, "sse3", kLeaf1Ecx, 1u << 0},
    {VITGEN_CPU_AVX2_FMA_F16C, "ssse3", kLeaf1Ecx, 1u << 9},
    {VITGEN_CPU_AVX2_FMA_F16C, "fma", kLeaf1Ecx, 1u << 12},
    {VITGEN_CPU_AVX2_FMA_F16C, "sse4.1", kLeaf1Ecx, 1u << 19},
    {VITGEN_CPU_AVX2_FMA_F16C, "sse4.2", kLeaf1Ecx, 1u << 20},
    {VITGEN_CPU_AVX2_FMA_F16C, "movbe", kLeaf1Ecx, 1u << 22},
    {VITGEN_CPU_AVX2_FMA_F16C, "popcnt", kLeaf1Ecx, 1u << 23},
    {VITGEN_CPU_AVX2_FMA_F16C, "avx", kLeaf1Ecx, 1u << 28},
    {VITGEN_CPU_AVX2_FMA_F16C, "f16c", kLeaf1Ecx, 1u << 29},
    {VITGEN_CPU_AVX2_FMA_F16C, "bmi1", kLeaf7Ebx, 1u << 3},
    {VITGEN_CPU_AVX2_FMA_F16C, "avx2", kLeaf7Ebx, 1u << 5},
    {VITGEN_CPU_AVX2_FMA_F16C, "bmi2", kLeaf7Ebx, 1u << 8},
    {VITGEN_CPU_AVX2_FMA_F16C, "lzcnt", kExtended1Ecx, 1u << 5},
    {VITGEN_CPU_AVX2_FMA_F16C, "the operating system's support for ymm registers", kXcr0, 0x06},
    {VITGEN_CPU_AVX512_SKX, "avx512f", kLeaf7Ebx, 1u << 16},
    {VITGEN_CPU_AVX512_SKX, "avx512dq", kLeaf7Ebx, 1u << 17},
    {VITGEN_CPU_AVX512_SKX, "avx512cd", kLeaf7Ebx, 1u << 28},
    {VITGEN_CPU_AVX512_SKX, "avx512bw", kLeaf7Ebx, 1u << 30},
    {VITGEN_CPU_AVX512_SKX, "avx512vl", kLeaf7Ebx, 1u << 31},
    {VITGEN_CPU_AVX512_SKX, "the operating system's support for zmm registers", kXcr0, 0xe0},
};

/// `features` and all that they include, which stands in the rows above theirs.
uint32_t closure(uint32_t features) {
  for (size_t row = sizeof kLevels / sizeof *kLevels; row-- > 0;) {
    if ((features & kLevels[row].feature) != 0) features |= kLevels[row].includes;
  }
  return features;
}

bool present(const CpuState& state, const Need& need) {
  const uint64_t value = need.source.leaf == kSystem
                             ? (cpu_has_xcr0(state) ? state.xcr0 : 0)
                             : cpuid_leaf(state, need.source.leaf).*need.source.of;
  return (value & need.bits) == need.bits;
}

bool has(const CpuState& state, uint32_t feature) {
  const uint32_t needed = closure(feature);
  for (const Need& need : kNeeds) {
    if ((need.feature & needed) != 0 && !present(state, need)) return false;
  }
  return true;
}

uint32_t known_features() {
  uint32_t known = 0;
  for (const Level& level : kLevels) known |= level.feature;
  return known;
}

}  // namespace

CpuidRegisters cpuid_leaf(const CpuState& state, uint32_t leaf) {
  constexpr uint32_t kExtended = 0x80000000u;
  const uint32_t largest = leaf < kExtended ? state.max_leaf : state.max_extended_leaf;
  for (uint32_t i = 0; leaf <= largest && i < kCpuidLeafCount; ++i) {
    if (kCpuidLeaves[i] == leaf) return state.leaves[i];
  }
  return {};
}

bool cpu_has_xcr0(const CpuState& state) {
  constexpr uint32_t kOsXsave = 1u << 27;  // CPUID 1 ECX
  return (cpuid_leaf(state, 1).ecx & kOsXsave) != 0;
}

uint32_t cpu_features(const CpuState& state) {
  uint32_t features = 0;
  for (const Level& level : kLevels) {
    if (has(state, level.feature)) features |= level.feature;
  }
  return features;
}

void cpu_missing(const CpuState& state, uint32_t needed, Text& text) {
  needed = closure(needed);
  const char* separator = "";
  for (const Need& need : kNeeds) {
    if ((need.feature & needed) == 0 || present(state, need)) continue;
    text << separator << need.name;
    separator = ", ";
  }
  if ((needed & ~known_features()) != 0) {
    text << separator << "a feature that this runtime does not know";
  }
}

}  // namespace vitgen::rt
