#include "tools/emit/shared_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "generators/base/error.h"
#include "tests/emit/tiny_library.h"
#include "tools/emit/library.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ScratchDirectory;
using testing::tiny_request;

const SharedLibraryRequest kRequest{"tiny", "/x/libtiny.a", "/x/tiny.map", "/x/libtiny.so"};

/// PATH with nothing but what a test puts there, until the scope ends.
class OnlyPath {
 public:
  explicit OnlyPath(const std::string& directory) : old_(std::getenv("PATH")) {
    ::setenv("PATH", directory.c_str(), 1);
  }
  ~OnlyPath() { ::setenv("PATH", old_.c_str(), 1); }
  OnlyPath(const OnlyPath&) = delete;
  OnlyPath& operator=(const OnlyPath&) = delete;

 private:
  std::string old_;
};

/// Collects notes.
class Notes final : public Progress {
 public:
  void begin(std::string_view, std::uint64_t) override {}
  void update(std::uint64_t, std::string_view) override {}
  void end() override {}
  void note(std::string_view message) override { notes.emplace_back(message); }
  std::vector<std::string> notes;
};

TEST(SharedLibrary, A_driver_gets_linker_options_one_by_one_and_no_start_files) {
  const auto command = link_command({"/usr/bin/cc", true}, kRequest);
  EXPECT_THAT(command, Contains("-nostartfiles"));
  for (std::size_t i = 0; i < command.size(); ++i) {
    EXPECT_EQ(command[i].find("-Wl,"), std::string::npos) << "commas in paths would break it";
    if (command[i] == "--version-script") {
      EXPECT_EQ(command[i - 1], "-Xlinker");
      EXPECT_EQ(command[i + 1], "-Xlinker");
      EXPECT_EQ(command[i + 2], "/x/tiny.map");
    }
  }
}

TEST(SharedLibrary, Only_a_sanitized_one_may_need_what_its_program_has) {
  SharedLibraryRequest request = kRequest;
  for (const Linker& linker : {Linker{"/usr/bin/cc", true}, Linker{"/usr/bin/ld", false}}) {
    request.sanitized = false;
    EXPECT_THAT(link_command(linker, request), Contains("--no-undefined"));
    request.sanitized = true;
    EXPECT_THAT(link_command(linker, request), Not(Contains("--no-undefined")));
  }
}

TEST(SharedLibrary, A_relative_path_cannot_be_an_option) {
  SharedLibraryRequest request = kRequest;
  request.archive = "-lm";
  const auto command = link_command({"/usr/bin/ld", false}, request);
  EXPECT_THAT(command, Contains((fs::current_path() / "-lm").string()));
}

TEST(SharedLibrary, Every_linker_that_is_there_can_make_it) {
  for (const std::string_view row : kLinkerNames) {
    const std::string name(row);
    const ScratchDirectory bin;
    std::string found;
    for (const Linker& linker : find_linkers()) {
      if (fs::path(linker.path).filename() == name) found = linker.path;
    }
    if (found.empty()) continue;
    const ScratchDirectory out;
    fs::create_symlink(found, bin.path(name));
    // The compiler driver looks for its linker in PATH.
    if (name == kCompilerDriver) fs::create_symlink("/usr/bin/ld", bin.path("ld"));
    const OnlyPath only(bin.path());
    Notes progress;
    const LibraryFiles files = emit_library(tiny_request("tiny", out.path()), progress);
    EXPECT_EQ(files.linker, name);
    EXPECT_TRUE(fs::exists(out.path("libtiny.so"))) << name;
    EXPECT_TRUE(progress.notes.empty());
  }
}

TEST(SharedLibrary, Without_a_linker_the_archive_comes_alone_with_a_note) {
  const ScratchDirectory bin;
  const ScratchDirectory out;
  const OnlyPath only(bin.path());
  Notes progress;
  emit_library(tiny_request("tiny", out.path()), progress);
  EXPECT_FALSE(fs::exists(out.path("libtiny.so")));
  EXPECT_TRUE(fs::exists(out.path("libtiny.a")));
  ASSERT_EQ(progress.notes.size(), 1u);
  EXPECT_THAT(progress.notes[0], HasSubstr("no linker found"));
}

TEST(SharedLibrary, A_linker_that_fails_is_quoted_in_one_line) {
  const ScratchDirectory bin;
  const ScratchDirectory out;
  std::ofstream(bin.path("cc")) << "#!/bin/sh\necho broken\x1b[31m >&2\necho more\nexit 1\n";
  fs::permissions(bin.path("cc"), fs::perms::owner_all);
  const OnlyPath only(bin.path());
  LibraryRequest request = tiny_request("tiny", out.path());
  request.emit_archive = false;
  SilentProgress progress;
  try {
    emit_library(request, progress);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "NO_LINKER");
    EXPECT_EQ(error.exit(), ExitCode::target);
    EXPECT_THAT(error.what(), HasSubstr("failed: broken"));
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace vitgen
