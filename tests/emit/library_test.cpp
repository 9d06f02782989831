#include "tools/emit/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <llvm/Object/Archive.h>
#include <llvm/Object/ELFObjectFile.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include "generators/base/error.h"
#include "tests/emit/tiny_library.h"
#include "tools/emit/manifest.h"
#include "tools/emit/object_surgery.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::file_text;
using ::testing::Not;
using testing::ScratchDirectory;
using ::testing::StartsWith;
using testing::tiny_request;

LibraryFiles emit(const LibraryRequest& request) {
  SilentProgress progress;
  return emit_library(request, progress);
}

std::vector<std::string> listing(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::unique_ptr<llvm::object::Archive> open_archive(const std::string& bytes) {
  return llvm::cantFail(llvm::object::Archive::create(llvm::MemoryBufferRef(bytes, "archive")));
}

TEST(Library, Writes_the_whole_set_and_nothing_else) {
  const ScratchDirectory directory;
  const LibraryFiles files = emit(tiny_request("tiny", directory.path("out")));
  EXPECT_THAT(files.names,
              ElementsAre("libtiny.a", "libtiny.so", "tiny.h", "tiny.weights", "tiny.pc",
                          "tinyConfig.cmake", "tiny.README.md", "tiny.manifest.json"));
  std::vector<std::string> sorted = files.names;
  std::ranges::sort(sorted);
  EXPECT_EQ(listing(directory.path("out")), sorted);
}

TEST(Library, The_shared_library_shows_its_api_and_needs_no_cxx_runtime) {
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path()));
  const std::string bytes = file_text(directory.path("libtiny.so"));
  const auto file = llvm::cantFail(
      llvm::object::ELF64LEObjectFile::create(llvm::MemoryBufferRef(bytes, "libtiny.so")));
  for (const auto symbol : file.getDynamicSymbolIterators()) {
    const bool undefined =
        (llvm::cantFail(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined) != 0;
    const std::string name = llvm::cantFail(symbol.getName()).str();
    if (undefined) {
      EXPECT_THAT(name, Not(StartsWith("_Z")));
      EXPECT_THAT(name, Not(StartsWith("halide_")));
    } else {
      EXPECT_THAT(name, StartsWith("tiny_"));
      EXPECT_THAT(name, Not(StartsWith("tiny_rt_")));
      EXPECT_THAT(name, Not(StartsWith("tiny_k_")));
    }
  }
  EXPECT_EQ(bytes.find("libstdc++"), std::string::npos);
}

TEST(Library, Nothing_runs_before_main) {
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path()));
  const auto section_names = [](llvm::MemoryBufferRef buffer) {
    std::vector<std::string> names;
    const auto file = llvm::cantFail(llvm::object::ELF64LEObjectFile::create(buffer));
    for (const auto& section : file.sections()) {
      names.push_back(llvm::cantFail(section.getName()).str());
    }
    return names;
  };
  const auto expect_quiet = [](const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      for (const char* start : {".init", ".fini", ".ctors", ".dtors", ".preinit"}) {
        EXPECT_THAT(name, Not(StartsWith(start)));
      }
    }
  };
  const std::string shared = file_text(directory.path("libtiny.so"));
  expect_quiet(section_names(llvm::MemoryBufferRef(shared, "so")));
  const std::string bytes = file_text(directory.path("libtiny.a"));
  const auto archive = open_archive(bytes);
  llvm::Error error = llvm::Error::success();
  for (const auto& child : archive->children(error)) {
    expect_quiet(section_names(llvm::cantFail(child.getMemoryBufferRef())));
  }
  llvm::cantFail(std::move(error));
}

TEST(Library, Archive_members_have_readable_names) {
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path()));
  const std::string bytes = file_text(directory.path("libtiny.a"));
  const auto archive = open_archive(bytes);
  std::vector<std::string> names;
  llvm::Error error = llvm::Error::success();
  for (const auto& child : archive->children(error)) {
    names.push_back(llvm::cantFail(child.getName()).str());
  }
  llvm::cantFail(std::move(error));
  EXPECT_EQ(names.front(), "tiny_runtime.o");
  EXPECT_EQ(names[1], "linear_f32_1x8x5__cpu_avx512.o");
  EXPECT_EQ(names.back(), "tiny_table.o");
}

TEST(Library, Two_generations_in_different_directories_are_byte_identical) {
  const ScratchDirectory first;
  const ScratchDirectory second;
  const LibraryFiles files = emit(tiny_request("tiny", first.path("a")));
  emit(tiny_request("tiny", second.path("another/longer name, with comma")));
  for (const std::string& name : files.names) {
    EXPECT_EQ(file_text(first.path("a/" + name)),
              file_text(second.path("another/longer name, with comma/" + name)))
        << name;
  }
}

TEST(Library, No_file_contains_a_path_of_this_machine) {
  const ScratchDirectory directory;
  const LibraryFiles files = emit(tiny_request("tiny", directory.path()));
  for (const std::string& name : files.names) {
    const std::string text = file_text(directory.path(name));
    EXPECT_EQ(text.find(VITGEN_SOURCE_DIR), std::string::npos) << name;
    EXPECT_EQ(text.find(directory.path()), std::string::npos) << name;
  }
}

TEST(Library, Embedded_weights_leave_one_file_less) {
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path()));
  LibraryRequest request = tiny_request("tiny", directory.path());
  request.embed_weights = true;
  emit(request);
  EXPECT_FALSE(fs::exists(directory.path("tiny.weights"))) << "a stale file of the set before";
  EXPECT_NE(file_text(directory.path("libtiny.a")).find("VITGENW1"), std::string::npos);
}

TEST(Library, A_set_without_a_shared_library_removes_the_old_one) {
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path()));
  LibraryRequest request = tiny_request("tiny", directory.path());
  request.emit_shared = false;
  emit(request);
  EXPECT_FALSE(fs::exists(directory.path("libtiny.so")));
}

/// Contents of every file, by name.
std::map<std::string, std::string> snapshot(const std::string& directory) {
  std::map<std::string, std::string> out;
  for (const std::string& name : listing(directory)) out[name] = file_text(directory + "/" + name);
  return out;
}

TEST(Library, A_failure_keeps_the_previous_set) {
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path()));
  const auto before = snapshot(directory.path());
  LibraryRequest request = tiny_request("tiny", directory.path());
  request.weight = [](const Weight&) -> HostTensor {
    throw Error(ExitCode::bad_input, "BROKEN", "broken");
  };
  EXPECT_THROW(emit(request), Error);
  EXPECT_EQ(snapshot(directory.path()), before);
}

TEST(Library, A_full_disk_keeps_the_previous_set) {
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path()));
  const auto before = snapshot(directory.path());
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const rlimit small{.rlim_cur = 8192, .rlim_max = old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  std::string code;
  try {
    emit(tiny_request("tiny", directory.path()));
  } catch (const Error& error) {
    code = error.code();
  }
  ::setrlimit(RLIMIT_FSIZE, &old);
  EXPECT_EQ(code, "IO_NO_SPACE");
  EXPECT_EQ(snapshot(directory.path()), before);
}

TEST(Library, A_place_that_cannot_be_a_directory_is_refused) {
  const ScratchDirectory directory;
  std::ofstream(directory.path("file")) << "content";
  for (const char* place : {"file", "file/below"}) {
    try {
      emit(tiny_request("tiny", directory.path(place)));
      FAIL() << place;
    } catch (const Error& error) {
      EXPECT_EQ(error.exit(), ExitCode::io) << place;
    }
  }
  EXPECT_EQ(file_text(directory.path("file")), "content");
}

TEST(Library, A_file_that_cannot_be_replaced_keeps_the_previous_set) {
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path()));
  fs::remove(directory.path("tiny.h"));
  fs::create_directory(directory.path("tiny.h"));
  const std::string before = file_text(directory.path("libtiny.a"));
  LibraryRequest request = tiny_request("tiny", directory.path());
  request.model.labels.clear();
  EXPECT_THROW(emit(request), Error);
  EXPECT_EQ(file_text(directory.path("libtiny.a")), before);
}

TEST(Library, A_failed_first_run_leaves_no_directory) {
  const ScratchDirectory directory;
  LibraryRequest request = tiny_request("tiny", directory.path("a/b"));
  request.kernels[0].variants[0].object = "/nowhere/kernel.o";
  EXPECT_THROW(emit(request), Error);
  EXPECT_FALSE(fs::exists(directory.path("a")));
}

TEST(Library, A_step_without_a_kernel_is_refused) {
  const ScratchDirectory directory;
  LibraryRequest request = tiny_request("tiny", directory.path());
  request.kernels.pop_back();
  EXPECT_THROW(emit(request), Error);
  EXPECT_THROW(emit(tiny_request("int", directory.path())), Error);
}

}  // namespace
}  // namespace vitgen
