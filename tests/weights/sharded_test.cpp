// One test per row IX1..IX3 of the table of malformed files.

#include "generators/weights/sharded.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/weights/support.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using testing::entry;
using testing::file_bytes;
using testing::Scratch;
using testing::Thrown;
using testing::thrown_by;

const std::string first_shard = "model-00001-of-00002.safetensors";
const std::string second_shard = "model-00002-of-00002.safetensors";

std::string one_tensor(std::string_view name, std::string_view bytes = "abcd") {
  return file_bytes("{" + entry(name, "F32", "[1]", 0, 4) + "}", bytes);
}

std::string mapping(std::string_view tensor, std::string_view shard) {
  return "\"" + std::string(tensor) + "\":\"" + std::string(shard) + "\"";
}

std::string index_of(const std::string& map, const std::string& metadata = "") {
  return "{" + metadata + "\"weight_map\":{" + map + "}}";
}

const std::string good_map = mapping("a", first_shard) + "," + mapping("b", second_shard);

/// A directory with two good shards; tests change what they need.
class Sharded : public ::testing::Test {
 protected:
  Sharded() {
    scratch_.write(first_shard, one_tensor("a", "aaaa"));
    scratch_.write(second_shard, one_tensor("b", "bbbb"));
  }

  Thrown opening(const std::string& index, const ShardOptions& options = {}) {
    const std::string path = scratch_.write("model.safetensors.index.json", index);
    return thrown_by([&] { open_sharded(path, options); });
  }
  std::string code(const std::string& index, const ShardOptions& options = {}) {
    return opening(index, options).code;
  }

  Scratch scratch_;
};

TEST_F(Sharded, finds_every_tensor_in_its_shard) {
  const std::string index = index_of(good_map, R"("metadata":{"total_size":8},)");
  const auto sharded = open_sharded(scratch_.write("m.index.json", index));
  ASSERT_EQ(sharded.tensors.size(), 2u);
  for (const TensorInfo& tensor : sharded.tensors) {
    std::string bytes(4, '\0');
    sharded.files[tensor.file].read(tensor.name,
                                    std::as_writable_bytes(std::span(bytes.data(), 4)));
    EXPECT_EQ(bytes, std::string(4, tensor.name[0]));
  }
}

TEST_F(Sharded, works_from_the_current_directory) {
  scratch_.write("m.index.json", index_of(good_map));
  const fs::path before = fs::current_path();
  fs::current_path(scratch_.path());
  const std::string code = testing::code_of([] { open_sharded("m.index.json"); });
  fs::current_path(before);
  EXPECT_EQ(code, "");
}

TEST_F(Sharded, IX1_shards_are_plain_names_beside_the_index) {
  for (const std::string_view name :
       {"",          "/etc/passwd", "..",        ".",      "../x",
        "a/../b",    "sub/x",       "./x",       "a\\\\b", "..\\\\x",
        "a\\u0000b", "~",           "~/x",       "~root",  "http://example.org/x",
        "file:x",    "C:x",         "/dev/zero", "a\\nb",  "x/"}) {
    const auto thrown = opening(index_of(mapping("a", name)));
    EXPECT_EQ(thrown.code, "PATH_ESCAPE") << name;
    EXPECT_EQ(thrown.exit, ExitCode::bad_input);
    EXPECT_EQ(thrown.message.find('\n'), std::string::npos);
  }
  EXPECT_EQ(code(index_of(mapping("a", std::string(256, 'x')))), "PATH_ESCAPE");
}

TEST_F(Sharded, IX1_no_shard_is_opened_while_one_name_is_bad) {
  fs::remove(scratch_.at(first_shard));
  EXPECT_EQ(code(index_of(mapping("a", first_shard) + "," + mapping("z", "../z"))), "PATH_ESCAPE");
}

TEST_F(Sharded, IX1_what_is_no_regular_file_is_refused) {
  fs::create_directory(scratch_.path() / "dir");
  EXPECT_EQ(code(index_of(mapping("a", "dir"))), "IO_NOT_REGULAR");
  ASSERT_EQ(::mkfifo(scratch_.at("fifo").c_str(), 0600), 0);
  EXPECT_EQ(code(index_of(mapping("a", "fifo"))), "IO_NOT_REGULAR");
}

TEST_F(Sharded, IX2_symbolic_links_are_refused) {
  fs::create_symlink(first_shard, scratch_.at("link"));
  const auto thrown = opening(index_of(mapping("a", "link")));
  EXPECT_EQ(thrown.code, "PATH_ESCAPE");
  EXPECT_NE(thrown.hint.find("--follow-symlinks"), std::string::npos);
  fs::create_symlink("loop", scratch_.at("loop"));
  EXPECT_EQ(code(index_of(mapping("a", "loop"))), "PATH_ESCAPE");
}

TEST_F(Sharded, IX2_links_that_may_be_followed_stay_in_the_directory) {
  const ShardOptions follow = {.follow_symlinks = true};
  const Scratch elsewhere;
  elsewhere.write("x", one_tensor("a"));
  fs::create_symlink(first_shard, scratch_.at("near"));
  fs::create_symlink("near", scratch_.at("twice"));
  fs::create_symlink("loop", scratch_.at("loop"));
  fs::create_symlink("../" + elsewhere.path().filename().string() + "/x", scratch_.at("far"));
  fs::create_symlink(elsewhere.at("x"), scratch_.at("absolute"));
  fs::create_symlink(scratch_.at(first_shard), scratch_.at("absolute_near"));
  EXPECT_EQ(code(index_of(mapping("a", "near")), follow), "");
  for (const std::string_view name : {"twice", "loop", "far", "absolute", "absolute_near"}) {
    EXPECT_EQ(code(index_of(mapping("a", name)), follow), "PATH_ESCAPE") << name;
  }
}

/// ROOT/blobs holds the content, ROOT/snapshots/REVISION links to it.
class ShardedCache : public ::testing::Test {
 protected:
  ShardedCache() {
    fs::create_directories(snapshot());
    fs::create_directories(scratch_.path() / "root/blobs");
    scratch_.write("root/blobs/b1", one_tensor("a"));
    scratch_.write("root/blobs/b2", index_of(mapping("a", "model.safetensors")));
    scratch_.write("outside", one_tensor("a"));
    fs::create_symlink("../../blobs/b1", snapshot() / "model.safetensors");
    fs::create_symlink("../../blobs/b2", snapshot() / "m.index.json");
  }

  fs::path snapshot() const { return scratch_.path() / "root/snapshots/abc"; }
  std::string code(const ShardOptions& options) {
    return testing::code_of([&] { open_sharded((snapshot() / "m.index.json").string(), options); });
  }
  void link_shard_to(const std::string& target) {
    fs::remove(snapshot() / "model.safetensors");
    fs::create_symlink(target, snapshot() / "model.safetensors");
  }

  Scratch scratch_;
};

TEST_F(ShardedCache, IX2_the_layout_of_a_model_cache_is_understood) {
  EXPECT_EQ(code({.follow_symlinks = true}), "");
  EXPECT_EQ(code({}), "PATH_ESCAPE");
}

TEST_F(ShardedCache, IX2_links_out_of_the_cache_are_refused) {
  link_shard_to("../../../outside");
  EXPECT_EQ(code({.follow_symlinks = true}), "PATH_ESCAPE");
  link_shard_to("../../../../../../../../../../../../etc/passwd");
  EXPECT_EQ(code({.follow_symlinks = true}), "PATH_ESCAPE");
}

TEST_F(ShardedCache, IX2_a_linked_directory_on_the_way_is_refused) {
  fs::create_directory_symlink("../..", scratch_.path() / "root/blobs/up");
  link_shard_to("../../blobs/up/outside");
  EXPECT_EQ(code({.follow_symlinks = true}), "PATH_ESCAPE");
}

TEST_F(ShardedCache, IX2_the_cache_root_can_be_named) {
  EXPECT_EQ(code({.follow_symlinks = true, .cache_root = scratch_.at("root")}), "");
  EXPECT_EQ(code({.follow_symlinks = true, .cache_root = snapshot().string()}), "PATH_ESCAPE");
  EXPECT_EQ(code({.follow_symlinks = true, .cache_root = scratch_.at("root/blobs")}),
            "PATH_ESCAPE");
  EXPECT_EQ(code({.follow_symlinks = true, .cache_root = scratch_.at("absent")}), "IO_OPEN");
}

TEST_F(Sharded, IX2_twins_of_a_shard_are_refused) {
  fs::create_hard_link(scratch_.at(first_shard), scratch_.at("twin"));
  EXPECT_EQ(code(index_of(mapping("a", first_shard) + "," + mapping("b", "twin"))), "IDX_DUP");
  EXPECT_EQ(code(index_of(mapping("a", "m.safetensors") + "," + mapping("b", "M.safetensors"))),
            "IDX_DUP");
}

TEST_F(Sharded, IX2_a_hard_link_alone_is_a_regular_file) {
  fs::create_hard_link(scratch_.at(first_shard), scratch_.at("other"));
  EXPECT_EQ(code(index_of(mapping("a", "other"))), "");
}

TEST_F(Sharded, IX3_a_tensor_in_two_shards) {
  EXPECT_EQ(code(index_of(mapping("a", first_shard) + "," + mapping("a", second_shard))),
            "IDX_DUP");
  scratch_.write(second_shard, file_bytes("{" + entry("a", "F32", "[1]", 0, 4) + "," +
                                              entry("b", "F32", "[1]", 4, 8) + "}",
                                          "bbbbaaaa"));
  EXPECT_EQ(code(index_of(good_map)), "IDX_DUP");
}

TEST_F(Sharded, IX3_a_tensor_in_no_shard) {
  const auto thrown = opening(index_of(good_map + "," + mapping("c", second_shard)));
  EXPECT_EQ(thrown.code, "IDX_MISSING");
  EXPECT_NE(thrown.message.find("weight_map.c"), std::string::npos) << thrown.message;
}

TEST_F(Sharded, IX3_a_tensor_that_the_index_does_not_list) {
  scratch_.write(second_shard, file_bytes("{" + entry("b", "F32", "[1]", 0, 4) + "," +
                                              entry("c", "F32", "[1]", 4, 8) + "}",
                                          "bbbbcccc"));
  EXPECT_EQ(code(index_of(good_map)), "IDX_MISSING");
}

TEST_F(Sharded, IX3_a_shard_that_is_missing_or_not_listed) {
  const auto half = opening(index_of(mapping("a", first_shard)));
  EXPECT_EQ(half.code, "IDX_MISSING");
  EXPECT_NE(half.message.find("lists 1 of 2 shards"), std::string::npos) << half.message;
  fs::remove(scratch_.at(second_shard));
  EXPECT_EQ(code(index_of(good_map)), "IDX_MISSING");
}

TEST_F(Sharded, IX3_more_shards_or_tensors_than_the_limits) {
  std::string many_shards, many_tensors;
  for (int i = 0; i <= 10'000; ++i) {
    many_shards += (i > 0 ? "," : "") + mapping("t" + std::to_string(i), "s" + std::to_string(i));
  }
  for (int i = 0; i <= 100'000; ++i) {
    many_tensors += (i > 0 ? "," : "") + mapping("t" + std::to_string(i), "s");
  }
  EXPECT_EQ(code(index_of(many_shards)), "IDX_LIMIT");
  EXPECT_EQ(code(index_of(many_tensors)), "IDX_LIMIT");
}

TEST_F(Sharded, IX3_a_wrong_total_size) {
  const auto sized = [&](const std::string& size) {
    return code(index_of(good_map, "\"metadata\":{\"total_size\":" + size + "},"));
  };
  EXPECT_EQ(sized("8"), "");
  EXPECT_EQ(sized("null"), "");
  for (const std::string size : {"0", "7", "9", "9223372036854775807"}) {
    EXPECT_EQ(sized(size), "IDX_SIZE") << size;
  }
  for (const std::string size : {"8.0", "\"8\"", "-8", "18446744073709551616"}) {
    EXPECT_EQ(sized(size), "IDX_FIELD") << size;
  }
}

TEST_F(Sharded, an_index_that_is_no_index_is_refused) {
  EXPECT_EQ(code("{"), "IDX_JSON");
  EXPECT_EQ(code("[]"), "IDX_FIELD");
  EXPECT_EQ(code("{}"), "IDX_FIELD");
  EXPECT_EQ(code(R"({"weight_map":[]})"), "IDX_FIELD");
  EXPECT_EQ(code(R"({"weight_map":{"a":1}})"), "IDX_FIELD");
  EXPECT_EQ(code(std::string(100'000, '[')), "IDX_JSON");
}

TEST_F(Sharded, a_broken_shard_is_named) {
  scratch_.write(second_shard, "short");
  const auto thrown = opening(index_of(good_map));
  EXPECT_EQ(thrown.code, "ST_TOO_SMALL");
  EXPECT_NE(thrown.message.find(second_shard), std::string::npos) << thrown.message;
}

}  // namespace
}  // namespace vitgen
