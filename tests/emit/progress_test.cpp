#include "tools/emit/progress.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace vitgen {
namespace {

/// What a style writes while ten items are done and one note is given.
std::string output_of(ProgressStyle style) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* stream = ::open_memstream(&text, &size);
  {
    const auto progress = make_progress(stream, style);
    progress->begin("kernels", 10);
    for (std::uint64_t i = 0; i < 10; ++i) progress->update(i, "linear\n\x1b[31m");
    progress->note("left out");
    progress->end();
  }
  std::fclose(stream);
  std::string out(text, size);
  std::free(text);
  return out;
}

TEST(Progress, Silent_writes_nothing) { EXPECT_EQ(output_of(ProgressStyle::silent), ""); }

TEST(Progress, Plain_says_nothing_about_a_short_phase_but_shows_notes) {
  EXPECT_EQ(output_of(ProgressStyle::plain), "note: left out\n");
}

TEST(Progress, A_bar_is_one_line_and_is_erased) {
  const std::string out = output_of(ProgressStyle::bar);
  EXPECT_NE(out.find("kernels ["), std::string::npos);
  EXPECT_EQ(out.find("linear\n"), std::string::npos) << "names from files are made printable";
  EXPECT_EQ(out.find("\x1b[31m"), std::string::npos);
  EXPECT_NE(out.find("\r\x1b[Knote: left out\n"), std::string::npos);
}

TEST(Progress, NO_COLOR_takes_the_colour_away) {
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(output_of(ProgressStyle::bar).find("\x1b[36m"), std::string::npos);
  ::unsetenv("NO_COLOR");
}

TEST(Progress, Quiet_is_silent_and_a_file_is_plain) {
  std::FILE* file = std::tmpfile();
  EXPECT_EQ(progress_style(file, true), ProgressStyle::silent);
  EXPECT_EQ(progress_style(file, false), ProgressStyle::plain);
  std::fclose(file);
}

}  // namespace
}  // namespace vitgen
