// Truncated, damaged and lying image files: one error with a code, never a crash, and no memory
// for an image that cannot be there.

#include <gmock/gmock.h>
#include <zlib.h>

#include <filesystem>
#include <random>

#include "generators/base/file.h"
#include "tests/base/support.h"
#include "tools/image/image.h"

namespace vitgen {
namespace {

using testing::code_of;
using testing::thrown_by;

std::string read_fixture(const std::string& name) {
  return read_whole(VITGEN_SOURCE_DIR "/tests/fixtures/images/decode/" + name, 1 << 20);
}

std::string code_for(const std::string& bytes) {
  return code_of([&] { decode_image(bytes, "x"); });
}

std::string big_endian(std::uint32_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xff);
  return text;
}

std::string chunk(const std::string& kind, const std::string& data) {
  const std::string body = kind + data;
  const uLong crc =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body +
         big_endian(static_cast<std::uint32_t>(crc));
}

std::string deflated(const std::string& data) {
  uLongf size = compressBound(static_cast<uLong>(data.size()));
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(data.data()),
           static_cast<uLong>(data.size()));
  out.resize(size);
  return out;
}

std::string png(std::uint32_t width, std::uint32_t height, int depth, int color,
                const std::string& scanlines, const std::string& extra = {}) {
  const std::string kind = {static_cast<char>(depth), static_cast<char>(color), 0, 0, 0};
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", big_endian(width) + big_endian(height) + kind) +
         extra + chunk("IDAT", deflated(scanlines)) + chunk("IEND", "");
}

/// Replaces the 16-bit height and width in a baseline JPEG's frame header.
std::string with_jpeg_size(std::string jpeg, int height, int width) {
  const std::size_t frame = jpeg.find("\xff\xc0");
  EXPECT_NE(frame, std::string::npos);
  const auto put = [&](std::size_t at, int value) {
    jpeg[at] = static_cast<char>(value >> 8);
    jpeg[at + 1] = static_cast<char>(value & 0xff);
  };
  put(frame + 5, height);
  put(frame + 7, width);
  return jpeg;
}

TEST(HostileImage, other_formats_and_empty_files_are_refused) {
  EXPECT_EQ(code_for(""), "IMG_FORMAT");
  EXPECT_EQ(code_for("GIF89a"), "IMG_FORMAT");
  EXPECT_EQ(code_for("P3\n1 1\n255\n0 0 0\n"), "IMG_FORMAT");
  EXPECT_EQ(code_for("\x89PNG\r\n\x1a"), "IMG_FORMAT");
}

TEST(HostileImage, error_names_the_file_and_keeps_control_characters_out) {
  const auto thrown = thrown_by([] { decode_image("P5\n1 1\n255\n", "a\nb.pgm"); });
  EXPECT_EQ(thrown.code, "IMG_TRUNCATED");
  EXPECT_EQ(thrown.exit, ExitCode::bad_input);
  EXPECT_EQ(thrown.message, "a\\x0Ab.pgm: file ends inside the pixels");
}

TEST(HostileImage, truncation_at_any_byte_is_an_error) {
  for (const std::string name : {"rgb8.png", "palette4_interlaced.png", "rgb_420.jpg",
                                 "rgb_444_progressive.jpg", "gray.pgm", "comments.ppm"}) {
    const std::string bytes = read_fixture(name);
    const bool is_jpeg = name.ends_with("jpg");
    // A JPEG that lacks its two bytes of end marker has all its pixels, but is refused as well.
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::string code = code_for(bytes.substr(0, size));
      ASSERT_THAT(code, ::testing::AnyOf("IMG_TRUNCATED", "IMG_FORMAT", "IMG_CORRUPT"))
          << name << " cut to " << size << " of " << bytes.size();
      if (!is_jpeg && size > 8) {
        ASSERT_EQ(code, "IMG_TRUNCATED") << name << " cut to " << size;
      }
    }
  }
}

TEST(HostileImage, any_changed_byte_of_a_png_is_noticed) {
  const std::string bytes = read_fixture("gray8.png");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    ASSERT_NE(code_for(damaged), "") << "byte " << i;
  }
}

TEST(HostileImage, random_damage_never_crashes) {
  std::mt19937 random(7);
  for (const auto& entry :
       std::filesystem::directory_iterator(VITGEN_SOURCE_DIR "/tests/fixtures/images/decode")) {
    const std::string bytes = read_whole(entry.path().string(), 1 << 20);
    for (int round = 0; round < 40; ++round) {
      std::string damaged = bytes;
      for (int hit = 0; hit < 3; ++hit) {
        damaged[random() % damaged.size()] = static_cast<char>(random());
      }
      code_for(damaged);
    }
  }
}

TEST(HostileImage, bad_checksum_is_corrupt) {
  std::string bytes = read_fixture("rgb8.png");
  bytes[29] = static_cast<char>(bytes[29] ^ 1);  // the header chunk's CRC is at 29..32
  EXPECT_EQ(code_for(bytes), "IMG_CORRUPT");
}

TEST(HostileImage, trailing_bytes_are_refused_but_in_a_jpeg) {
  EXPECT_EQ(code_for(read_fixture("rgb8.png") + "x"), "IMG_TRAILING");
  EXPECT_EQ(code_for(read_fixture("rgb.ppm") + "x"), "IMG_TRAILING");
  EXPECT_EQ(code_for(read_fixture("trailing_bytes.jpg")), "");
}

TEST(HostileImage, zero_negative_and_huge_png_sizes_are_refused) {
  EXPECT_EQ(code_for(png(0, 1, 8, 0, "")), "IMG_CORRUPT");
  EXPECT_EQ(code_for(png(1, 0, 8, 0, "")), "IMG_CORRUPT");
  EXPECT_EQ(code_for(png(0xffffffff, 1, 8, 0, "")), "IMG_CORRUPT");
  EXPECT_EQ(code_for(png(65536, 1, 8, 0, std::string(65537, 0))), "IMG_SIZE");
  EXPECT_EQ(code_for(png(1, 65536, 8, 0, std::string(131072, 0))), "IMG_SIZE");
  EXPECT_EQ(code_for(png(65535, 4097, 1, 0, std::string(8193 * 4097, 0))), "IMG_SIZE");
}

TEST(HostileImage, short_file_with_a_large_size_is_refused_before_decoding) {
  EXPECT_EQ(code_for(png(16384, 16384, 16, 6, "")), "IMG_TRUNCATED");
  const std::string jpeg = read_fixture("rgb_444.jpg");
  EXPECT_EQ(code_for(with_jpeg_size(jpeg, 16000, 16000)), "IMG_TRUNCATED");
  EXPECT_EQ(code_for(with_jpeg_size(jpeg, 65000, 65000)), "IMG_SIZE");
  EXPECT_NE(code_for(with_jpeg_size(jpeg, 0, 10)), "");
  EXPECT_EQ(code_for("P6 65535 4096 255\n"), "IMG_TRUNCATED");
}

TEST(HostileImage, palette_index_past_the_palette_is_corrupt) {
  const std::string palette = chunk("PLTE", "abcdef");
  EXPECT_EQ(code_for(png(2, 1, 8, 3, std::string("\0\0\1", 3), palette)), "");
  EXPECT_EQ(code_for(png(2, 1, 8, 3, std::string("\0\0\2", 3), palette)), "IMG_CORRUPT");
  EXPECT_EQ(code_for(png(2, 1, 8, 3, std::string("\0\0\1", 3))), "IMG_CORRUPT");
}

TEST(HostileImage, compressed_text_is_never_inflated) {
  // 64 MiB of zeros in a text chunk of 64 KiB.
  const std::string text = chunk(
      "zTXt", std::string("Comment\0\0", 9) + deflated(std::string(std::size_t{64} << 20, '\0')));
  const std::string pixel("\0\7", 2);
  EXPECT_EQ(decode_image(png(1, 1, 8, 0, pixel, text), "x").pixels.front(), 7);
}

TEST(HostileImage, pnm_headers_are_checked_field_by_field) {
  EXPECT_EQ(code_for("P5 1 1 255\n\x07"), "");
  EXPECT_EQ(code_for("P5 0 1 255\n"), "IMG_SIZE");
  EXPECT_EQ(code_for("P5 65536 1 255\n"), "IMG_SIZE");
  EXPECT_EQ(code_for("P5 65535 65535 255\n"), "IMG_SIZE");
  EXPECT_EQ(code_for("P5 -1 1 255\n"), "IMG_CORRUPT");
  EXPECT_EQ(code_for("P5 4294967297 1 255\n"), "IMG_SIZE");
  EXPECT_EQ(code_for("P5 99999999999 1 255\n"), "IMG_CORRUPT");
  EXPECT_EQ(code_for("P5 1 1 0\n\x07"), "IMG_CORRUPT");
  EXPECT_EQ(code_for("P5 1 1 65536\n\x07\x07"), "IMG_CORRUPT");
  EXPECT_EQ(code_for("P5 1 1 ten\n\x07"), "IMG_CORRUPT");
  EXPECT_EQ(code_for("P5 1 1 255x\x07"), "IMG_CORRUPT");
  EXPECT_EQ(code_for("P51 1 255\n\x07"), "IMG_CORRUPT");
  EXPECT_EQ(code_for("P5 1 1 256\n\x07"), "IMG_TRUNCATED");
}

TEST(HostileImage, endless_pnm_comments_end_at_the_header_limit) {
  EXPECT_EQ(code_for("P5 #" + std::string(1 << 20, 'x')), "IMG_CORRUPT");
  std::string lines = "P5 ";
  for (int i = 0; i < 100000; ++i) lines += "#\n";
  EXPECT_EQ(code_for(lines + "1 1 255\n\x07"), "IMG_CORRUPT");
}

}  // namespace
}  // namespace vitgen
