#include "tools/emit/text_template.h"

#include <gtest/gtest.h>

#include "generators/base/error.h"

namespace vitgen {
namespace {

TEST(TextTemplate, Values_are_put_in_and_not_searched_again) {
  EXPECT_EQ(fill_template("<@A@|@B@>", {{"A", "@B@"}, {"B", "b"}}), "<@B@|b>");
}

TEST(TextTemplate, An_at_sign_that_is_no_key_stays) {
  EXPECT_EQ(fill_template("a@b.c @ @x @A@@", {{"A", "1"}}), "a@b.c @ @x 1@");
}

TEST(TextTemplate, A_key_without_a_value_is_an_error) {
  EXPECT_THROW(fill_template("@MISSING@", {}), Error);
}

TEST(TextTemplate, A_plain_line_cannot_leave_a_comment_or_expand) {
  const std::string line =
      plain_line("x */ #include \"y\" \\\n ?\?/ $(rm) `a` ${b} @KEY@ \x80\x1b[0m");
  for (const char* bad : {"*/", "/*", "\\", "\n", "??", "$", "`", "@", "\"", "#", "{", "\x1b"}) {
    EXPECT_EQ(line.find(bad), std::string::npos) << bad;
  }
}

TEST(TextTemplate, Macro_names_are_identifiers) {
  EXPECT_EQ(macro_name("logits-2.x"), "LOGITS_2_X");
}

}  // namespace
}  // namespace vitgen
