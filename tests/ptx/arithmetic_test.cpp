// Each class of scalar instructions against values computed by hand.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "tests/ptx/opcodes/numbers.h"
#include "tests/ptx/program_text.h"

namespace vitgen::ptx {
namespace {

/// What is in %r1 after `body`.
std::uint32_t result32(const std::string& body) {
  std::vector<std::uint32_t> array(1);
  run_program(program_text(body + "\nst.global.u32 [%rd0], %r1;"), array);
  return array[0];
}

/// What is in %rd2 after `body`.
std::uint64_t result64(const std::string& body) {
  std::vector<std::uint64_t> array(1);
  run_program(program_text(body + "\nst.global.u64 [%rd0], %rd2;"), array);
  return array[0];
}

/// What is in %f1 after `body`.
float result_f32(const std::string& body) {
  return std::bit_cast<float>(result32(body + "\nmov.b32 %r1, %f1;"));
}

std::string f32(float x) {
  char text[16];
  std::snprintf(text, sizeof text, "0f%08X", std::bit_cast<std::uint32_t>(x));
  return text;
}

/// "op.f32 %f1, a, b;"
std::string on(const std::string& opcode, std::initializer_list<float> operands) {
  std::string text = opcode + " %f1";
  for (const float each : operands) text += ", " + f32(each);
  return text + ";";
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Integers, WrapAroundTheirWidth) {
  EXPECT_EQ(result32("mov.u32 %r2, 0xffffffff;\nadd.u32 %r1, %r2, 2;"), 1u);
  EXPECT_EQ(result32("sub.s32 %r1, 3, 5;"), 0xfffffffeu);
  EXPECT_EQ(result32("mul.lo.s32 %r1, 0x10001, 0x10001;"), 0x20001u);
  EXPECT_EQ(result32("mad.lo.s32 %r1, -3, 5, 1;"), static_cast<std::uint32_t>(-14));
  EXPECT_EQ(result32("mov.b16 %rs1, 0xffff;\nadd.s16 %rs2, %rs1, 1;\ncvt.u32.u16 %r1, %rs2;"), 0u);
}

TEST(Integers, ProductsHaveUpperHalvesAndWideForms) {
  EXPECT_EQ(result32("mul.hi.u32 %r1, 0xffffffff, 0xffffffff;"), 0xfffffffeu);
  EXPECT_EQ(result32("mul.hi.s32 %r1, -1, 5;"), 0xffffffffu);
  EXPECT_EQ(result64("mul.wide.s32 %rd2, -2, 3;"), static_cast<std::uint64_t>(-6));
  EXPECT_EQ(result64("mul.wide.u32 %rd2, 0xffffffff, 2;"), 0x1fffffffeu);
  EXPECT_EQ(result64("mov.u64 %rd3, 10;\nmad.wide.s32 %rd2, -2, 3, %rd3;"), 4u);
  EXPECT_EQ(result64("mul.hi.u64 %rd2, 0xffffffffffffffff, 0x10;"), 0xfu);
  EXPECT_EQ(result32("mul24.lo.u32 %r1, 0x1000003, 5;"), 15u);
}

TEST(Integers, DivideTowardZero) {
  EXPECT_EQ(result32("div.s32 %r1, -7, 2;"), static_cast<std::uint32_t>(-3));
  EXPECT_EQ(result32("rem.s32 %r1, -7, 2;"), static_cast<std::uint32_t>(-1));
  EXPECT_EQ(result32("div.u32 %r1, 0xfffffff9, 2;"), 0x7ffffffcu);
  EXPECT_EQ(result32("div.s32 %r1, 0x80000000, -1;"), 0x80000000u);
}

TEST(Integers, CarriesPassFromRegisterToRegister) {
  EXPECT_EQ(result32("add.cc.u32 %r2, 0xffffffff, 1;\naddc.u32 %r1, 5, 6;"), 12u);
  EXPECT_EQ(result32("sub.cc.u32 %r2, 0, 1;\nsubc.u32 %r1, 5, 1;"), 3u);
  // 2^32 - 1 squared, plus 2^32 - 1: the lower half wraps.
  EXPECT_EQ(result32("mov.u32 %r2, 0xffffffff;\nmad.lo.cc.u32 %r3, %r2, %r2, %r2;\n"
                     "madc.hi.u32 %r1, %r2, %r2, 0;"),
            0xffffffffu);
}

TEST(Integers, SignsExtremaAndAbsolutes) {
  EXPECT_EQ(result32("min.s32 %r1, -1, 1;"), 0xffffffffu);
  EXPECT_EQ(result32("min.u32 %r1, -1, 1;"), 1u);
  EXPECT_EQ(result32("max.u32 %r1, -1, 1;"), 0xffffffffu);
  EXPECT_EQ(result32("abs.s32 %r1, -9;"), 9u);
  EXPECT_EQ(result32("neg.s32 %r1, 9;"), static_cast<std::uint32_t>(-9));
}

TEST(Bits, LogicAndShifts) {
  EXPECT_EQ(result32("and.b32 %r1, 12, 10;"), 8u);
  EXPECT_EQ(result32("or.b32 %r1, 12, 10;"), 14u);
  EXPECT_EQ(result32("xor.b32 %r1, 12, 10;"), 6u);
  EXPECT_EQ(result32("not.b32 %r1, 0;"), ~0u);
  EXPECT_EQ(result32("shl.b32 %r1, 1, 32;"), 0u);
  EXPECT_EQ(result32("shr.u32 %r1, 0x80000000, 31;"), 1u);
  EXPECT_EQ(result32("shr.s32 %r1, 0x80000000, 40;"), ~0u);
  EXPECT_EQ(result32("shf.l.wrap.b32 %r1, 0x80000000, 1, 1;"), 3u);
  EXPECT_EQ(result32("shf.r.wrap.b32 %r1, 2, 1, 1;"), 0x80000001u);
  EXPECT_EQ(result32("shf.r.clamp.b32 %r1, 2, 7, 40;"), 7u);
  EXPECT_EQ(result32("lop3.b32 %r1, 12, 10, 9, 0xe8;"), 8u | (12 & 9) | (10 & 9));
}

TEST(Bits, CountsAndFields) {
  EXPECT_EQ(result32("popc.b32 %r1, 0xf0f0;"), 8u);
  EXPECT_EQ(result32("clz.b32 %r1, 1;"), 31u);
  EXPECT_EQ(result32("clz.b64 %r1, 1;"), 63u);
  EXPECT_EQ(result32("brev.b32 %r1, 1;"), 0x80000000u);
  EXPECT_EQ(result32("bfe.u32 %r1, 0xabcd, 4, 8;"), 0xbcu);
  EXPECT_EQ(result32("bfe.s32 %r1, 0xabcd, 4, 8;"), 0xffffffbcu);
  EXPECT_EQ(result32("bfi.b32 %r1, 0xf, 0, 8, 2;"), 0x300u);
  EXPECT_EQ(result32("prmt.b32 %r1, 0x33221100, 0x77665544, 0x7250;"), 0x77225500u);
  EXPECT_EQ(result32("prmt.b32 %r1, 0x80, 0, 0x1118;"), 0xffu);
}

TEST(Bits, RegistersAreTakenApartAndPutTogether) {
  EXPECT_EQ(result64("mov.b64 %rd2, {1, 2};"), 0x200000001u);
  EXPECT_EQ(
      result32("mov.u32 %r2, 0x00070005;\nmov.b32 {%rs1, %rs2}, %r2;\nsub.s16 %rs3, %rs2, %rs1;\n"
               "mov.b32 %r1, {%rs3, %rs1};"),
      0x00050002u);
  EXPECT_EQ(result32("mov.u64 %rd2, 0x900000008;\nmov.b64 {_, %r1}, %rd2;"), 9u);
}

TEST(Floats, RoundToNearestAndFuseOnlyWhereTheySay) {
  const float x = 1 + 0x1p-12f;
  EXPECT_EQ(result_f32(on("fma.rn.f32", {x, x, -1})), std::fma(x, x, -1.0f));
  EXPECT_EQ(result_f32(on("mul.f32", {x, x}) + "\nadd.f32 %f1, %f1, " + f32(-1) + ";"), x * x - 1);
  EXPECT_NE(std::fma(x, x, -1.0f), x * x - 1);
  EXPECT_EQ(result_f32(on("div.rn.f32", {1, 3})), 1.0f / 3);
  EXPECT_EQ(result_f32(on("sqrt.rn.f32", {2})), std::sqrt(2.0f));
  EXPECT_EQ(result_f32(on("add.sat.f32", {1, 3})), 1.0f);
  EXPECT_EQ(result_f32(on("sub.sat.f32", {1, 3})), 0.0f);
}

TEST(Floats, SubnormalsAreZeroOnlyIfAskedFor) {
  EXPECT_EQ(result_f32(on("add.f32", {0x1p-140f, 0})), 0x1p-140f);
  EXPECT_EQ(result_f32(on("add.ftz.f32", {0x1p-140f, 0})), 0.0f);
  EXPECT_EQ(result_f32(on("mul.rn.ftz.f32", {0x1p-100f, 0x1p-40f})), 0.0f);
}

TEST(Floats, MinimumAndMaximumOfANanAreTheOther) {
  EXPECT_EQ(result_f32(on("min.f32", {kNan, 2})), 2.0f);
  EXPECT_EQ(result_f32(on("max.f32", {2, kNan})), 2.0f);
  EXPECT_TRUE(std::isnan(result_f32(on("max.NaN.f32", {2, kNan}))));
  EXPECT_TRUE(std::signbit(result_f32(on("min.f32", {0.0f, -0.0f}))));
  EXPECT_FALSE(std::signbit(result_f32(on("max.f32", {-0.0f, 0.0f}))));
  EXPECT_TRUE(std::signbit(result_f32(on("neg.f32", {0.0f}))));
}

// In double precision, rounded once.
TEST(Floats, ApproximateFunctions) {
  const auto once = [](double x) { return static_cast<float>(x); };
  EXPECT_EQ(result_f32(on("ex2.approx.ftz.f32", {0.3f})),
            once(std::exp2(static_cast<double>(0.3f))));
  EXPECT_EQ(result_f32(on("lg2.approx.f32", {3})), once(std::log2(3.0)));
  EXPECT_EQ(result_f32(on("rcp.approx.ftz.f32", {3})), once(1.0 / 3));
  EXPECT_EQ(result_f32(on("rsqrt.approx.f32", {3})), once(1 / std::sqrt(3.0)));
  EXPECT_EQ(result_f32(on("sin.approx.f32", {3})), once(std::sin(3.0)));
  EXPECT_EQ(result_f32(on("cos.approx.f32", {3})), once(std::cos(3.0)));
  EXPECT_EQ(result_f32(on("tanh.approx.f32", {0.5f})), once(std::tanh(0.5)));
  EXPECT_EQ(result_f32(on("div.full.f32", {1, 3})), 1.0f / 3);
  EXPECT_EQ(result_f32(on("ex2.approx.f32", {kInfinity})), kInfinity);
}

struct Comparison {
  const char* order;
  bool less, equal, greater, unordered;  ///< what it says of 1 ? 2, 1 ? 1, 2 ? 1, 1 ? NaN
};

TEST(Comparisons, OrderedAndUnordered) {
  for (const Comparison& each : {Comparison{"eq", false, true, false, false},
                                 {"ne", true, false, true, false},
                                 {"lt", true, false, false, false},
                                 {"le", true, true, false, false},
                                 {"gt", false, false, true, false},
                                 {"ge", false, true, true, false},
                                 {"equ", false, true, false, true},
                                 {"neu", true, false, true, true},
                                 {"ltu", true, false, false, true},
                                 {"leu", true, true, false, true},
                                 {"gtu", false, false, true, true},
                                 {"geu", false, true, true, true},
                                 {"num", true, true, true, false},
                                 {"nan", false, false, false, true}}) {
    const auto holds = [&](float a, float b) {
      return result32(std::string("setp.") + each.order + ".f32 %p1, " + f32(a) + ", " + f32(b) +
                      ";\nselp.b32 %r1, 1, 0, %p1;") == 1;
    };
    EXPECT_EQ(holds(1, 2), each.less) << each.order;
    EXPECT_EQ(holds(1, 1), each.equal) << each.order;
    EXPECT_EQ(holds(2, 1), each.greater) << each.order;
    EXPECT_EQ(holds(1, kNan), each.unordered) << each.order;
  }
}

TEST(Comparisons, SignsCombinationsAndBothResults) {
  EXPECT_EQ(result32("setp.lt.s32 %p1, -1, 1;\nselp.b32 %r1, 1, 0, %p1;"), 1u);
  EXPECT_EQ(result32("setp.lt.u32 %p1, -1, 1;\nselp.b32 %r1, 1, 0, %p1;"), 0u);
  EXPECT_EQ(result32("setp.lo.u32 %p1, 1, -1;\nselp.b32 %r1, 1, 0, %p1;"), 1u);
  EXPECT_EQ(result32("setp.eq.u32 %p1|%p2, 1, 2;\nselp.b32 %r1, 1, 0, %p2;"), 1u);
  EXPECT_EQ(result32("setp.eq.u32 %p1, 1, 2;\nsetp.eq.and.u32 %p2, 3, 3, !%p1;\n"
                     "selp.b32 %r1, 1, 0, %p2;"),
            1u);
  EXPECT_EQ(result32("setp.eq.u32 %p1, 1, 2;\nnot.pred %p2, %p1;\nmov.u32 %r1, 0;\n"
                     "@%p2 mov.u32 %r1, 1;\n@!%p2 mov.u32 %r1, 2;"),
            1u);
  EXPECT_EQ(result32("set.gt.u32.f32 %r1, " + f32(2) + ", " + f32(1) + ";"), ~0u);
  EXPECT_EQ(result32("slct.b32.s32 %r1, 7, 8, -1;"), 8u);
}

// LLVM writes a true predicate as -1.
TEST(Comparisons, ConstantPredicatesAreTrueIfTheyAreNotZero) {
  for (const char* constant : {"0", "1", "-1"}) {
    const std::uint32_t truth = constant[0] == '0' ? 0 : 1;
    const std::string moved = std::string("mov.pred %p1, ") + constant + ";\n";
    EXPECT_EQ(result32(moved + "selp.b32 %r1, 1, 0, %p1;"), truth) << constant;
    EXPECT_EQ(result32(moved + "not.pred %p2, %p1;\nselp.b32 %r1, 1, 0, %p2;"), 1 - truth)
        << constant;
    EXPECT_EQ(result32(moved + "setp.eq.u32 %p2, 1, 1;\nand.pred %p3, %p1, %p2;\n"
                               "selp.b32 %r1, 1, 0, %p3;"),
              truth)
        << constant;
  }
}

TEST(Conversions, FloatsToIntegersRoundAndClamp) {
  EXPECT_EQ(result32("cvt.rni.s32.f32 %r1, " + f32(2.5f) + ";"), 2u);
  EXPECT_EQ(result32("cvt.rzi.s32.f32 %r1, " + f32(-2.9f) + ";"), static_cast<std::uint32_t>(-2));
  EXPECT_EQ(result32("cvt.rmi.s32.f32 %r1, " + f32(-2.1f) + ";"), static_cast<std::uint32_t>(-3));
  EXPECT_EQ(result32("cvt.rpi.s32.f32 %r1, " + f32(2.1f) + ";"), 3u);
  EXPECT_EQ(result32("cvt.rzi.s32.f32 %r1, " + f32(1e20f) + ";"), 0x7fffffffu);
  EXPECT_EQ(result32("cvt.rzi.u32.f32 %r1, " + f32(-1) + ";"), 0u);
  EXPECT_EQ(result32("cvt.rzi.s32.f32 %r1, " + f32(kNan) + ";"), 0u);
  EXPECT_EQ(result_f32("cvt.rmi.ftz.f32.f32 %f1, " + f32(-2.1f) + ";"), -3.0f);
}

TEST(Conversions, IntegersAreExtendedCutAndSaturated) {
  EXPECT_EQ(result64("mov.u32 %r2, -5;\ncvt.s64.s32 %rd2, %r2;"), static_cast<std::uint64_t>(-5));
  EXPECT_EQ(result64("mov.u32 %r2, -5;\ncvt.u64.u32 %rd2, %r2;"), 0xfffffffbu);
  EXPECT_EQ(result32("cvt.s32.s8 %r1, 0x1ff;"), ~0u);
  EXPECT_EQ(result32("mov.s32 %r2, 300;\ncvt.sat.u8.s32 %r1, %r2;"), 255u);
  EXPECT_EQ(result_f32("cvt.rn.f32.u64 %f1, 0x8000008000000001;"), 0x1p63f + 0x1p40f);
}

TEST(Conversions, FormatsOf16Bits) {
  const auto half = [](float x) {
    return result32("cvt.rn.f16.f32 %rs1, " + f32(x) + ";\ncvt.u32.u16 %r1, %rs1;");
  };
  EXPECT_EQ(half(1), 0x3c00u);
  EXPECT_EQ(half(1 + 0x1p-11f), 0x3c00u);      // a tie, to even
  EXPECT_EQ(half(1 + 3 * 0x1p-11f), 0x3c02u);  // a tie, to even
  EXPECT_EQ(half(1 + 0x1p-11f + 0x1p-20f), 0x3c01u);
  EXPECT_EQ(half(-65504), 0xfbffu);
  EXPECT_EQ(half(65519), 0x7bffu);
  EXPECT_EQ(half(65520), 0x7c00u);
  EXPECT_EQ(half(0x1p-24f), 1u);
  EXPECT_EQ(half(0x1p-25f), 0u);
  EXPECT_EQ(half(-0.0f), 0x8000u);
  EXPECT_EQ(result_f32("mov.b16 %rs1, 0x0001;\ncvt.f32.f16 %f1, %rs1;"), 0x1p-24f);
  EXPECT_EQ(result_f32("mov.b16 %rs1, 0xc500;\ncvt.f32.f16 %f1, %rs1;"), -5.0f);
  EXPECT_EQ(result32("cvt.rn.bf16.f32 %rs1, " + f32(1 + 0x1p-8f) + ";\ncvt.u32.u16 %r1, %rs1;"),
            0x3f80u);
  EXPECT_EQ(result32("cvt.rn.bf16x2.f32 %r1, " + f32(2) + ", " + f32(1) + ";"), 0x40003f80u);
  EXPECT_EQ(result32("cvt.rn.relu.f16x2.f32 %r1, " + f32(2) + ", " + f32(-1) + ";"), 0x40000000u);
  EXPECT_EQ(result32("cvt.rna.tf32.f32 %r1, " + f32(1 + 0x1p-11f) + ";"),
            std::bit_cast<std::uint32_t>(1 + 0x1p-10f));
}

TEST(Conversions, EveryHalfComesBack) {
  for (std::uint32_t bits = 0; bits < 0x7c00; ++bits) {
    const Half half{static_cast<std::uint16_t>(bits)};
    ASSERT_EQ(from_double<Half>(to_double(half)).bits, bits);
  }
}

TEST(Halves, ArithmeticRoundsOnce) {
  EXPECT_EQ(result32("mov.b32 %r2, 0x3c004000;\nadd.f16x2 %r1, %r2, %r2;"), 0x40004400u);
  EXPECT_EQ(result32("mov.b32 %r2, 0x3f804000;\nmul.bf16x2 %r1, %r2, %r2;"), 0x3f804080u);
  // 1.0625 squared plus a tiny number is above the tie that the product alone is.
  EXPECT_EQ(result32("mov.b16 %rs1, 0x3f88;\nmov.b16 %rs2, 0x0d80;\n"
                     "fma.rn.bf16 %rs3, %rs1, %rs1, %rs2;\ncvt.u32.u16 %r1, %rs3;"),
            0x3f91u);
  EXPECT_EQ(result32("mov.b16 %rs1, 0x3f88;\nmov.b16 %rs2, 0;\n"
                     "fma.rn.bf16 %rs3, %rs1, %rs1, %rs2;\ncvt.u32.u16 %r1, %rs3;"),
            0x3f90u);
}

TEST(Programs, DivisionByZeroIsAnError) {
  EXPECT_NE(error_of(program_text("div.u32 %r1, 5, 0;")).find("division by zero"),
            std::string::npos);
}

}  // namespace
}  // namespace vitgen::ptx
