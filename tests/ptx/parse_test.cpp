// What parse() takes and what it refuses.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ptx/program_text.h"

namespace vitgen::ptx {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string parse_error(const std::string& text) {
  try {
    parse(text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(Parse, TellsEntriesAndTheirParameters) {
  const Module module = parse(
      ".version 7.0\n.target sm_90a\n.address_size 64\n"
      ".visible .entry first(.param .u64 .ptr .global .align 4 a, .param .align 8 .b8 b[24],\n"
      " .param .u8 c) .maxntid 128, 2, 1 .minnctapersm 2 {\n"
      "  .shared .align 16 .b8 tile[100];\n ret; }\n"
      ".entry second() { ret; }");
  const std::vector<EntryFacts> facts = entries(module);
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(facts[0].name, "first");
  EXPECT_EQ(facts[0].parameter_bytes, (std::vector<std::size_t>{8, 24, 1}));
  EXPECT_EQ(facts[0].shared_bytes, 100u);
  EXPECT_TRUE(facts[1].parameter_bytes.empty());
}

TEST(Parse, RefusesWhatItDoesNotKnowWithItsLine) {
  EXPECT_THAT(parse_error(".version 7.0\n.unheard of\n"), StartsWith("line 2: unknown directive"));
  EXPECT_THAT(parse_error(program_text("\nfly.u32 %r1, %r2;")), HasSubstr("fly.u32 is not known"));
  EXPECT_THAT(parse_error(program_text("add.quickly.u32 %r1, %r2, %r3;")),
              HasSubstr("lacks a type"));
  EXPECT_THAT(parse_error(program_text("add.u32.quickly %r1, %r2, %r3;")),
              HasSubstr("has the modifier .quickly, unknown here"));
  EXPECT_THAT(parse_error(program_text("add.rz.f32 %f1, %f2, %f3;")), HasSubstr("lacks a type"));
  EXPECT_THAT(parse_error(program_text("add.u32 %r1, %r2;")), HasSubstr("has 2 operands"));
  EXPECT_THAT(parse_error(program_text("add.u32 %r1, %r2, %unknown;")),
              HasSubstr("operand of another"));
  EXPECT_THAT(parse_error(program_text("bra away;")), HasSubstr("away is not declared"));
  EXPECT_THAT(parse_error(program_text("here: here: bra here;")), HasSubstr("a second label here"));
  EXPECT_THAT(parse_error(program_text("@%r1 bra here;\nhere:")), HasSubstr("is no predicate"));
  EXPECT_THAT(parse_error(".entry a() { ret; }\n.entry a() { ret; }"),
              HasSubstr("a second entry a"));
  EXPECT_THAT(parse_error(".entry a() { ret;"), HasSubstr("the text ends too early"));
  EXPECT_THAT(parse_error(".const .b8 t[2] = {1, 2, 3};"), HasSubstr("too many initial values"));
  EXPECT_THAT(parse_error(program_text("ld.global.v4.b64 {%rd1, %rd2, %rd3}, [%rd0];")),
              HasSubstr("vector of another size"));
}

TEST(Parse, CountsLinesThroughCommentsAndBlankLines) {
  EXPECT_THAT(parse_error("// one\n/* two\nthree */\n\n.unheard"), StartsWith("line 5:"));
}

TEST(Parse, InnerScopesHaveTheirOwnRegistersAndLabels) {
  std::vector<std::uint32_t> array(1);
  const std::string scope =
      "{ .reg .b32 %r1; .reg .pred %p1; mov.u32 %r1, 5; bra skip; mov.u32 %r1, 6; skip:\n"
      " add.u32 %r2, %r2, %r1; }\n";
  run_program(program_text("mov.u32 %r1, 100;\nmov.u32 %r2, 0;\n" + scope + scope +
                           "add.u32 %r2, %r2, %r1;\nst.global.u32 [%rd1], %r2;"),
              array);
  EXPECT_EQ(array[0], 110u);
}

TEST(Parse, VariablesOfTheModuleHaveInitialValues) {
  std::vector<std::uint32_t> array(3);
  run_program(program_text("ld.const.u32 %r1, [table+4];\nst.global.u32 [%rd0], %r1;\n"
                           "mov.u64 %rd2, bytes;\nld.global.u8 %r2, [%rd2+2];\n"
                           "st.global.u32 [%rd0+4], %r2;\n"
                           "cvta.global.u64 %rd3, %rd2;\nld.u8 %r3, [%rd3+1];\n"
                           "st.global.u32 [%rd0+8], %r3;",
                           ".const .align 4 .u32 table[3] = {7, 0x10, -1};\n"
                           ".global .align 1 .b8 bytes[4] = {1, 2, 3, 4};\n"),
              array);
  EXPECT_EQ(array, (std::vector<std::uint32_t>{16, 3, 2}));
}

}  // namespace
}  // namespace vitgen::ptx
