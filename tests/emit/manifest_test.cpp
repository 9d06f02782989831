#include "tools/emit/manifest.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "generators/base/error.h"
#include "generators/base/version.h"
#include "tests/emit/golden.h"
#include "tests/emit/tiny_library.h"

namespace vitgen {
namespace {

using testing::expect_golden;
using testing::file_text;
using testing::ScratchDirectory;
using testing::tiny_request;
using testing::without_hashes;

LibraryFiles emit(const LibraryRequest& request) {
  SilentProgress progress;
  return emit_library(request, progress);
}

/// Object sizes and hashes depend on the compiler of the fake kernel; the rest is ours.
std::string without_sizes(const std::string& text) {
  const std::regex size("\"bytes\": [0-9]+(,\\s*\"sha256\")");
  return std::regex_replace(text, size, "\"bytes\": 0$1");
}

TEST(Manifest, Of_a_tiny_library_is_golden) {
  const ScratchDirectory directory;
  LibraryRequest request = tiny_request("tiny", directory.path());
  request.emit_shared = false;
  request.model.preprocess = vitgen_preprocess_recipe{};
  emit(request);
  expect_golden("tiny.manifest.json",
                without_sizes(without_hashes(file_text(directory.path("tiny.manifest.json")))));
}

TEST(Manifest, States_the_hash_of_every_file) {
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path()));
  const JsonFile manifest = read_manifest(directory.path());
  for (const Json& file : manifest.root["files"]) {
    const std::string name = file["name"];
    const std::string text = file_text(directory.path(name));
    EXPECT_EQ(file["bytes"], text.size()) << name;
    if (name == "tiny.weights") {
      EXPECT_EQ(manifest.root["weights"]["payload_sha256"], sha256_hex(text.substr(4096)));
    } else {
      EXPECT_EQ(file["sha256"], sha256_hex(text)) << name;
    }
  }
}

TEST(Manifest, Hostile_labels_stay_text) {
  const ScratchDirectory directory;
  LibraryRequest request = tiny_request("tiny", directory.path());
  request.model.labels = {"\"},\n{\"x\": 1", "*/ #error \\", "\xff\xfe", "\u00e9"};
  request.model.text = "*/\n#error hostile\\";
  emit(request);
  const JsonFile manifest = read_manifest(directory.path());
  const Json& labels = manifest.root["model"]["labels"];
  EXPECT_EQ(labels[0], request.model.labels[0]);
  EXPECT_EQ(labels[1], request.model.labels[1]);
  EXPECT_EQ(labels[2], "\ufffd\ufffd");
  EXPECT_EQ(labels[3], request.model.labels[3]);
}

void expect_refused(const std::string& where, const std::string& code, const std::string& words) {
  try {
    read_manifest(where);
    FAIL() << where;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(Manifest, A_directory_without_one_is_refused_with_what_to_do) {
  const ScratchDirectory directory;
  expect_refused(directory.path(), "MANIFEST", "no generated library here");
  expect_refused(directory.path("absent"), "IO_OPEN", "absent");
}

TEST(Manifest, Several_in_a_directory_are_refused) {
  const ScratchDirectory directory;
  for (const char* name : {"a.manifest.json", "b.manifest.json"}) {
    std::ofstream(directory.path(name)) << "{\"schema\": 2}";
  }
  expect_refused(directory.path(), "MANIFEST", "2 libraries");
  EXPECT_EQ(read_manifest(directory.path("a.manifest.json")).root["schema"], 2);
}

TEST(Manifest, Another_schema_is_refused) {
  const ScratchDirectory directory;
  std::ofstream(directory.path("a.manifest.json")) << "{\"schema\": 99}";
  expect_refused(directory.path(), "MANIFEST", "schema 99");
  std::ofstream(directory.path("a.manifest.json")) << "[1,";
  expect_refused(directory.path(), "MANIFEST", "a.manifest.json");
}

}  // namespace
}  // namespace vitgen
