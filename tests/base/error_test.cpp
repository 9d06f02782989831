#include "generators/base/error.h"

#include <gtest/gtest.h>

namespace vitgen {
namespace {

TEST(Printable, keeps_ordinary_text_of_any_script) {
  EXPECT_EQ(printable("blocks.3.attn.qkv.weight"), "blocks.3.attn.qkv.weight");
  EXPECT_EQ(printable("na\xC3\xAFve \xE7\x8C\xAB"), "na\xC3\xAFve \xE7\x8C\xAB");
}

TEST(Printable, escapes_what_a_terminal_would_obey) {
  EXPECT_EQ(printable("a\nb\x1B[31m"), "a\\x0Ab\\x1B[31m");
  EXPECT_EQ(printable("\x7F"), "\\x7F");
  EXPECT_EQ(printable("\xC2\x9B"), "\\xC2\\x9B");           // C1: control sequence introducer
  EXPECT_EQ(printable("\xE2\x80\xAE"), "\\xE2\\x80\\xAE");  // U+202E right-to-left override
  EXPECT_EQ(printable("\xE2\x81\xA6"), "\\xE2\\x81\\xA6");  // U+2066 left-to-right isolate
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Printable, escapes_bytes_that_are_not_utf8) {
  EXPECT_EQ(printable("\xFF"), "\\xFF");
  EXPECT_EQ(printable("\xC0\xAF"), "\\xC0\\xAF");           // overlong
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xED\\xA0\\x80");  // surrogate
  EXPECT_EQ(printable("\xE7\x8C"), "\\xE7\\x8C");           // cut off
}

TEST(Printable, shortens_at_the_limit_without_cutting_a_character) {
  EXPECT_EQ(printable("abcdef", 4), "abcd...");
  EXPECT_EQ(printable("abc\xE7\x8C\xAB", 4), "abc...");
  EXPECT_EQ(printable("abcd", 4), "abcd");
  EXPECT_LE(printable(std::string(1 << 20, '\n')).size(), 123u);
}

}  // namespace
}  // namespace vitgen
