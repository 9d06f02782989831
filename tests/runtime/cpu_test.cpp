#include "runtime/cpu.h"

#include <gtest/gtest.h>

#include "runtime/table.h"

namespace vitgen::rt {
namespace {

constexpr uint32_t kAvx2 = VITGEN_CPU_AVX2_FMA_F16C;
constexpr uint32_t kAvx512 = VITGEN_CPU_AVX2_FMA_F16C | VITGEN_CPU_AVX512_SKX;
constexpr uint64_t kXmm = 0x3;
constexpr uint64_t kYmm = 0x7;
constexpr uint64_t kZmm = 0xe7;
constexpr uint64_t kAmx = 0x602e7;

struct Machine {
  const char* name;
  uint32_t expected;
  CpuState state;
};

void PrintTo(const Machine& machine, std::ostream* out) { *out << machine.name; }

constexpr CpuState recorded(uint32_t max_leaf, uint32_t leaf1_ecx, uint32_t leaf7_ebx,
                            uint32_t max_extended_leaf, uint32_t extended1_ecx, uint64_t xcr0) {
  return {max_leaf,
          max_extended_leaf,
          {{0, 0, leaf1_ecx, 0}, {0, leaf7_ebx, 0, 0}, {0, 0, extended1_ecx, 0}},
          xcr0};
}

constexpr CpuState kHaswell = recorded(0xd, 0x7ffafbbf, 0x000027ab, 0x80000008, 0x21, kYmm);
constexpr CpuState kSapphireRapids =
    recorded(0x20, 0x7ffef3ff, 0xf3bfb7ef, 0x80000008, 0x00000121, kAmx);
constexpr CpuState kZen2 = recorded(0x10, 0x7ed8320b, 0x219c91a9, 0x80000020, 0x75c237ff, 0x207);

constexpr CpuState without(CpuState state, uint32_t leaf1, uint32_t leaf7, uint32_t extended = 0) {
  state.leaves[0].ecx &= ~leaf1;
  state.leaves[1].ebx &= ~leaf7;
  state.leaves[2].ecx &= ~extended;
  return state;
}

constexpr CpuState with_xcr0(CpuState state, uint64_t xcr0) {
  state.xcr0 = xcr0;
  return state;
}

constexpr CpuState with_max_leaf(CpuState state, uint32_t leaf) {
  state.max_leaf = leaf;
  return state;
}

// Registers as CPUID dumps of these machines show them; XCR0 as Linux sets it there.
const Machine kMachines[] = {
    {"nehalem_i7_860", 0, recorded(0xb, 0x0098e3fd, 0, 0x80000008, 0x00000001, 0)},
    {"sandy_bridge_g540_no_avx", 0, recorded(0xd, 0x059ae3bf, 0, 0x80000008, 0x00000001, kXmm)},
    {"ivy_bridge_i5_3570k", 0, recorded(0xd, 0x7f9ae3bf, 0x00000281, 0x80000008, 0x00000001, kYmm)},
    {"haswell_i5_4258u", kAvx2, kHaswell},
    {"haswell_i3_4130", kAvx2, recorded(0xd, 0x7fdafbbf, 0x000027ab, 0x80000008, 0x00000021, kYmm)},
    {"broadwell_i7_6800k", kAvx2,
     recorded(0x14, 0x7ffefbbf, 0x021cbfbb, 0x80000008, 0x00000121, kYmm)},
    {"skylake_i5_6600k", kAvx2,
     recorded(0x16, 0x7ffafbbf, 0x029c6fbb, 0x80000008, 0x00000121, 0x1f)},
    {"skylake_sp", kAvx512, recorded(0x16, 0x7ffefbff, 0xd39ffffb, 0x80000008, 0x00000121, 0x2ff)},
    {"cascade_lake_6xxx", kAvx512,
     recorded(0x16, 0x7ffefbff, 0xd39ffffb, 0x80000008, 0x00000121, 0x2e7)},
    {"cooper_lake", kAvx512, recorded(0x16, 0x7ffefbff, 0xd39ffffb, 0x80000008, 0x00000121, kZmm)},
    {"ice_lake_6354", kAvx512,
     recorded(0x1b, 0x7ffef3ff, 0xf3bfb7ef, 0x80000008, 0x00000121, 0x2e7)},
    {"ice_lake_8375c_vm", kAvx512,
     recorded(0xd, 0xfffa320b, 0xf1bf07ab, 0x80000008, 0x00000121, 0x2e7)},
    {"sapphire_rapids_5418n", kAvx512, kSapphireRapids},
    {"sapphire_rapids_no_amx", kAvx512, with_xcr0(kSapphireRapids, kZmm)},
    {"sapphire_rapids_avx512_off", kAvx2, with_xcr0(kSapphireRapids, kYmm)},
    {"sapphire_rapids_no_upper_zmm", kAvx2, with_xcr0(kSapphireRapids, 0x67)},
    {"sapphire_rapids_no_opmask", kAvx2, with_xcr0(kSapphireRapids, 0xc7)},
    {"sapphire_rapids_zmm_without_ymm", 0, with_xcr0(kSapphireRapids, 0xe3)},
    {"sapphire_rapids_ymm_off", 0, with_xcr0(kSapphireRapids, kXmm)},
    {"sapphire_rapids_no_osxsave", 0, without(kSapphireRapids, 1u << 27, 0)},
    {"sapphire_rapids_max_leaf_6", 0, with_max_leaf(kSapphireRapids, 6)},
    {"sapphire_rapids_max_leaf_0", 0, with_max_leaf(kSapphireRapids, 0)},
    {"sapphire_rapids_vl_masked", kAvx2, without(kSapphireRapids, 0, 1u << 31)},
    {"granite_rapids", kAvx512,
     recorded(0x24, 0x7ffefbff, 0xf3bfbfff, 0x80000008, 0x00000121, kAmx)},
    {"alder_lake_12900k", kAvx2,
     recorded(0x20, 0x7ffafbff, 0x239ca7eb, 0x80000008, 0x00000121, 0x207)},
    {"knights_landing", kAvx2, recorded(0xd, 0x7ff8f3bf, 0x1c0d23ab, 0x80000008, 0x00000121, kZmm)},
    {"silvermont_n2930", 0, recorded(0xb, 0x41d8e3bf, 0x00002282, 0x80000008, 0x00000101, 0)},
    {"goldmont_plus_n4100", 0,
     recorded(0x18, 0x4ff8ebbf, 0x2294e287, 0x80000008, 0x00000101, 0x1b)},
    {"piledriver_fx_9590", 0, recorded(0xd, 0x3e98320b, 0x00000008, 0x8000001e, 0x01ebbfff, kYmm)},
    {"steamroller_870k", 0, recorded(0xd, 0x3e98320b, 0x00000009, 0x8000001e, 0x0febbfff, kYmm)},
    {"excavator_a8_7680", kAvx2,
     recorded(0xd, 0x3ed8320b, 0x000001a9, 0x8000001e, 0x2febbfff, kYmm)},
    {"zen1", kAvx2, recorded(0xd, 0x7ed8320b, 0x209c01a9, 0x8000001f, 0x35c233ff, kYmm)},
    {"hygon_7185", kAvx2, recorded(0xd, 0x7cd83209, 0x009c01a9, 0x8000001f, 0x35c233ff, kYmm)},
    {"zen2_5700u", kAvx2, kZen2},
    {"zen3_7763", kAvx2, recorded(0x10, 0x7ef8320b, 0x219c97a9, 0x80000023, 0x75c237ff, 0x207)},
    {"zen3_vm", kAvx2, recorded(0xd, 0xfffa3203, 0x219c07ab, 0x80000021, 0x004003f3, kYmm)},
    {"zen4_8845hs", kAvx512, recorded(0x10, 0x7ef8320b, 0xf1bf97a9, 0x80000028, 0x75c237ff, 0x2e7)},
    {"zen5_9800x3d", kAvx512, recorded(0x10, 0xfed8320b, 0xf1bf97a9, 0x80000028, 0x75c237ff, kZmm)},
    {"qemu64", 0, recorded(0xd, 0x80002001, 0, 0x8000000a, 0x00000065, 0)},
    {"vm_avx2_without_fma", 0, without(kHaswell, 1u << 12, 0)},
    {"vm_avx2_without_f16c", 0, without(kHaswell, 1u << 29, 0)},
    {"vm_avx2_without_movbe", 0, without(kHaswell, 1u << 22, 0)},
    {"vm_avx2_without_bmi1", 0, without(kHaswell, 0, 1u << 3)},
    {"vm_avx2_without_bmi2", 0, without(kHaswell, 0, 1u << 8)},
    {"vm_avx2_without_lzcnt", 0, without(kHaswell, 0, 0, 1u << 5)},
    {"vm_without_extended_leaves", 0,
     recorded(0xd, 0x7ffafbbf, 0x000027ab, 0x80000000, 0x21, kYmm)},
    {"vm_avx512f_without_avx2", 0, without(kSapphireRapids, 0, 1u << 5)},
    {"nothing", 0, {}},
};

class CpuStates : public ::testing::TestWithParam<Machine> {};

TEST_P(CpuStates, give_what_may_run_there) {
  EXPECT_EQ(cpu_features(GetParam().state), GetParam().expected);
}

TEST_P(CpuStates, lack_something_exactly_where_a_feature_may_not_run) {
  for (const uint32_t feature : {VITGEN_CPU_AVX2_FMA_F16C, VITGEN_CPU_AVX512_SKX}) {
    char buffer[512] = "";
    Text text = text_in(buffer, sizeof buffer);
    cpu_missing(GetParam().state, feature, text);
    EXPECT_EQ(buffer[0] == '\0', (GetParam().expected & feature) != 0) << buffer;
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, CpuStates, ::testing::ValuesIn(kMachines),
                         [](const auto& machine) { return machine.param.name; });

std::string missing(const CpuState& state, uint32_t feature) {
  char buffer[512] = "";
  Text text = text_in(buffer, sizeof buffer);
  cpu_missing(state, feature, text);
  return buffer;
}

TEST(Cpu, what_lacks_is_named) {
  EXPECT_EQ(missing(without(kHaswell, 1u << 12, 1u << 8), kAvx2), "fma, bmi2");
  EXPECT_EQ(
      missing(kHaswell, VITGEN_CPU_AVX512_SKX),
      "avx512f, avx512dq, avx512cd, avx512bw, avx512vl, the operating system's support for zmm "
      "registers");
  EXPECT_EQ(missing(with_xcr0(kSapphireRapids, kYmm), kAvx512),
            "the operating system's support for zmm registers");
  EXPECT_EQ(missing(without(kSapphireRapids, 1u << 27, 0), kAvx2),
            "the operating system's support for ymm registers");
}

TEST(Cpu, a_level_asks_for_the_operating_systems_part_of_those_below_it) {
  EXPECT_EQ(missing(with_xcr0(kSapphireRapids, kXmm), VITGEN_CPU_AVX512_SKX),
            "the operating system's support for ymm registers, "
            "the operating system's support for zmm registers");
}

TEST(Cpu, a_feature_of_a_later_generator_is_lacking_everywhere) {
  EXPECT_EQ(missing(kSapphireRapids, 1u << 31), "a feature that this runtime does not know");
  EXPECT_EQ(cpu_features(kSapphireRapids) & ~kAvx512, 0u);
}

TEST(Cpu, leaves_are_found_by_number_and_empty_beyond_the_largest) {
  EXPECT_EQ(cpuid_leaf(kHaswell, 7).ebx, 0x27abu);
  EXPECT_EQ(cpuid_leaf(with_max_leaf(kHaswell, 6), 7).ebx, 0u);
  EXPECT_EQ(cpuid_leaf(kHaswell, 0x80000001u).ecx, 0x21u);
  EXPECT_EQ(cpuid_leaf(kHaswell, 2).eax, 0u);
}

TEST(Cpu, this_machine_agrees_with_the_compilers_reading) {
  const uint32_t features = cpu_features(cpu_read());
  __builtin_cpu_init();
  EXPECT_EQ((features & VITGEN_CPU_AVX2_FMA_F16C) != 0, __builtin_cpu_supports("x86-64-v3") != 0);
  EXPECT_EQ((features & VITGEN_CPU_AVX512_SKX) != 0, __builtin_cpu_supports("x86-64-v4") != 0);
}

}  // namespace
}  // namespace vitgen::rt
