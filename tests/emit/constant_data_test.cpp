#include "tools/emit/constant_data.h"

#include <gtest/gtest.h>

#include "generators/base/error.h"
#include "runtime/table.h"

namespace vitgen {
namespace {

TEST(ConstantData, Fields_lie_where_the_compiler_puts_them) {
  ConstantData data;
  data.reserve(3, 1);
  const std::uint64_t at = data.reserve_rows<vitgen_step>(2);
  data.row<vitgen_step>(at, 1)
      .set(&vitgen_step::kernel, std::uint32_t{7})
      .set(&vitgen_step::flops, std::uint64_t{1} << 40);
  vitgen_step steps[2];
  std::memcpy(steps, data.bytes().data() + at, sizeof steps);
  EXPECT_EQ(at % alignof(vitgen_step), 0u);
  EXPECT_EQ(steps[1].kernel, 7u);
  EXPECT_EQ(steps[1].flops, std::uint64_t{1} << 40);
  EXPECT_EQ(steps[1].operand_count, 0u);
}

TEST(ConstantData, Pointers_are_recorded_at_their_field) {
  ConstantData data;
  const std::uint64_t at = data.reserve_rows<vitgen_step>(1);
  data.row<vitgen_step>(at).point(&vitgen_step::op, {0, "somewhere"});
  ASSERT_EQ(data.fixups().size(), 1u);
  EXPECT_EQ(data.fixups()[0].at, at + offsetof(vitgen_step, op));
  EXPECT_EQ(data.fixups()[0].target.symbol, "somewhere");
}

TEST(ConstantData, Equal_texts_share_one_place_and_end_with_zero) {
  ConstantData data;
  const std::uint64_t first = data.text("abc").offset;
  const std::uint64_t other = data.text("ab").offset;
  EXPECT_EQ(data.text("abc").offset, first);
  EXPECT_NE(other, first);
  EXPECT_STREQ(reinterpret_cast<const char*>(data.bytes().data() + first), "abc");
}

TEST(ConstantData, A_text_with_a_zero_inside_is_refused) {
  ConstantData data;
  try {
    data.text(std::string_view("a\0b", 3));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "TEXT_NUL");
    EXPECT_EQ(error.exit(), ExitCode::bad_input);
  }
}

}  // namespace
}  // namespace vitgen
