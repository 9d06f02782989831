// Shards behind symbolic links, as a cache of downloads keeps them: refused, or read with the flag.

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/vitgen/program.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;

/// ROOT/blobs holds the files of the sharded fixture, ROOT/snapshots/abc a link to each of them.
/// Gives the snapshot.
std::string cached_model(const std::string& name) {
  const fs::path root = scratch() / name;
  const fs::path snapshot = root / "snapshots" / "abc";
  fs::create_directories(root / "blobs");
  fs::create_directories(snapshot);
  int blob = 0;
  for (const auto& entry : fs::directory_iterator(fixture("hf_vit_sharded"))) {
    const std::string number = std::to_string(++blob);
    fs::copy_file(entry.path(), root / "blobs" / number);
    fs::create_symlink(fs::path("../../blobs") / number, snapshot / entry.path().filename());
  }
  return snapshot.string();
}

void expect_refused(const std::vector<std::string>& arguments) {
  const ProcessResult refused = run_vitgen(arguments);
  EXPECT_EQ(refused.status, 3) << refused.output;
  EXPECT_NE(refused.output.find("is a symbolic link"), std::string::npos) << refused.output;
  EXPECT_NE(refused.output.find("--follow-symlinks"), std::string::npos) << refused.output;
}

TEST(ModelCache, LinkedShardsAreRefusedAndReadWithTheFlag) {
  const std::string model = cached_model("linked");
  const std::string library = (scratch() / "linked_library").string();
  std::vector<std::string> generate = {"generate", "-q",     "-m", model, "--name",
                                       "hub",      "--emit", "so", "-o",  library};
  expect_refused(generate);
  EXPECT_FALSE(fs::exists(library));
  generate.emplace_back("--follow-symlinks");
  must_run(generate);

  std::vector<std::string> verify = {"verify", library, "-q", "--samples", "16", "-m", model};
  expect_refused(verify);
  verify.emplace_back("--follow-symlinks");
  EXPECT_NE(must_run(verify).find(" 0 differ"), std::string::npos);

  expect_refused({"inspect", model});
  const std::string tensors = must_run({"inspect", model, "--follow-symlinks"});
  EXPECT_NE(tensors.find("vit.embeddings.cls_token"), std::string::npos) << tensors;
}

TEST(ModelCache, LinksOutOfTheCacheAreRefusedWithTheFlagToo) {
  const fs::path snapshot = cached_model("escaping");
  const std::string shard = "model-00001-of-00003.safetensors";
  fs::copy_file(fs::path(fixture("hf_vit_sharded")) / shard, scratch() / "outside");
  fs::remove(snapshot / shard);
  fs::create_symlink("../../../outside", snapshot / shard);
  const ProcessResult refused = run_vitgen({"inspect", snapshot.string(), "--follow-symlinks"});
  EXPECT_EQ(refused.status, 3) << refused.output;
  EXPECT_NE(refused.output.find("leads out of"), std::string::npos) << refused.output;
}

TEST(ModelCache, AFolderWithAnIndexIsInspectedAsAModel) {
  const std::string tensors = must_run({"inspect", fixture("hf_vit_sharded")});
  EXPECT_NE(tensors.find("vit.embeddings.cls_token"), std::string::npos) << tensors;
}

}  // namespace
}  // namespace vitgen
