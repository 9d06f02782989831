#include "runtime/text.h"

#include <errno.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "runtime/sha256.h"

namespace vitgen::rt {
namespace {

template <class... Parts>
std::string put(Parts... parts) {
  char buffer[256];
  Text text = text_in(buffer, sizeof buffer);
  (void)(text << ... << parts);
  return buffer;
}

TEST(Text, numbers_are_written_in_full) {
  EXPECT_EQ(put(0, " ", -1), "0 -1");
  EXPECT_EQ(put(std::numeric_limits<long>::min()), "-9223372036854775808");
  EXPECT_EQ(put(std::numeric_limits<unsigned long>::max()), "18446744073709551615");
  EXPECT_EQ(put(std::numeric_limits<int>::min(), "/", 4000000000u), "-2147483648/4000000000");
}

TEST(Text, is_cut_where_the_buffer_ends) {
  char buffer[6] = "zzzzz";
  Text text = text_in(buffer, 5);
  text << "abcdefgh" << 12;
  EXPECT_STREQ(buffer, "abcd");
  EXPECT_EQ(buffer[5], '\0');
  char one[1] = {'x'};
  text = text_in(one, 1);
  text << "abc";
  EXPECT_EQ(one[0], '\0');
}

TEST(Text, without_a_buffer_is_dropped) {
  Text none = text_in(nullptr, 100);
  none << "abc" << 1;
  char unused = 'x';
  none = text_in(&unused, 0);
  none << "abc";
  EXPECT_EQ(unused, 'x');
  EXPECT_EQ(put(static_cast<const char*>(nullptr)), "(null)");
}

TEST(Text, of_files_is_made_printable) {
  EXPECT_EQ(put(Quoted{"a\nb\x1b[31m\xff", 100}), "a?b?[31m?");
  EXPECT_EQ(put(Quoted{"abcdef", 3}), "abc");
}

TEST(Text, errors_have_names) {
  EXPECT_EQ(put(Errno{ENOENT}), "ENOENT (no such file)");
  EXPECT_EQ(put(Errno{12345}), "errno 12345");
}

std::string hex_digest(const std::string& message) {
  uint8_t digest[32];
  sha256(reinterpret_cast<const uint8_t*>(message.data()), message.size(), digest);
  std::string hex;
  for (const uint8_t byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

TEST(Sha256, equals_the_published_examples) {  // FIPS 180-4 and NIST's example values
  EXPECT_EQ(hex_digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex_digest(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, pads_right_at_every_length_around_a_block) {
  // Python: hashlib.sha256(b''.join(hashlib.sha256(b'x' * n).digest() for n in range(130)))
  std::string all;
  for (size_t n = 0; n < 130; ++n) {
    uint8_t digest[32];
    const std::string message(n, 'x');
    sha256(reinterpret_cast<const uint8_t*>(message.data()), n, digest);
    all.append(reinterpret_cast<const char*>(digest), sizeof digest);
  }
  EXPECT_EQ(hex_digest(all), "6d0989028287a2bd990515b95658bb810cf688b69517dfc49e4b3778e0b6d923");
}

}  // namespace
}  // namespace vitgen::rt
