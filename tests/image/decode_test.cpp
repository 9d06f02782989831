// Every kind of image file, against the pixels that Pillow reads (tools/make_image_fixtures.py).

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "generators/base/sha256.h"
#include "tests/base/support.h"
#include "tools/image/image.h"

namespace vitgen {
namespace {

using testing::code_of;
using testing::thrown_by;

std::string fixture(const std::string& name) {
  return VITGEN_SOURCE_DIR "/tests/fixtures/images/decode/" + name;
}

struct Golden {
  std::string file;
  int height, width, channels;
  std::string sha256;
};

std::vector<Golden> goldens() {
  std::ifstream file(fixture("decoded.golden"));
  std::vector<Golden> all;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    Golden golden;
    std::istringstream(line) >> golden.file >> golden.height >> golden.width >> golden.channels >>
        golden.sha256;
    all.push_back(golden);
  }
  return all;
}

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.file; }

class Decode : public ::testing::TestWithParam<Golden> {};

TEST_P(Decode, pixels_equal_Pillow) {
  const Golden& golden = GetParam();
  const Image image = read_image(fixture(golden.file));
  EXPECT_EQ(image.height, golden.height);
  EXPECT_EQ(image.width, golden.width);
  EXPECT_EQ(image.channels, golden.channels);
  const auto* text = reinterpret_cast<const char*>(image.pixels.data());
  EXPECT_EQ(sha256_hex({text, image.pixels.size()}), golden.sha256);
}

INSTANTIATE_TEST_SUITE_P(Files, Decode, ::testing::ValuesIn(goldens()),
                         [](const auto& golden_info) {
                           std::string name = golden_info.param.file;
                           for (char& c : name) c = c == '.' ? '_' : c;
                           return name;
                         });

TEST(DecodeFiles, all_54_kinds_are_listed) { EXPECT_EQ(goldens().size(), 54u); }

TEST(DecodeFiles, exif_orientation_is_not_applied) {
  const Image image = read_image(fixture("orientation.jpg"));
  EXPECT_EQ(image.height, 35);
  EXPECT_EQ(image.width, 43);
}

TEST(DecodeFiles, cmyk_is_refused_with_what_to_do) {
  const auto thrown = thrown_by([] { read_image(fixture("cmyk.jpg")); });
  EXPECT_EQ(thrown.code, "IMG_UNSUPPORTED");
  EXPECT_EQ(thrown.exit, ExitCode::bad_input);
  EXPECT_THAT(thrown.message, ::testing::HasSubstr("cmyk.jpg: CMYK JPEG; convert it to RGB"));
}

TEST(DecodeFiles, absent_file_and_directory_are_io_errors) {
  EXPECT_EQ(code_of([] { read_image(fixture("absent.png")); }), "IO_OPEN");
  EXPECT_EQ(code_of([] { read_image(fixture(".")); }), "IO_NOT_REGULAR");
}

}  // namespace
}  // namespace vitgen
