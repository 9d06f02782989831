#include "generators/weights/weight_source.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>

#include "tests/weights/support.h"

namespace vitgen {
namespace {

using testing::entry;
using testing::file_bytes;
using testing::Scratch;
using testing::thrown_by;

std::string bytes_of(std::span<const float> values) {
  std::string bytes(values.size_bytes(), '\0');
  std::memcpy(bytes.data(), values.data(), values.size_bytes());
  return bytes;
}

const std::array<float, 6> six = {1, 2, 3, 4, 5, 6};

/// blocks.3.attn.qkv.weight 2x3 f32, blocks.3.attn.qkv.bias 2 bf16, ids 1 i64, empty 0x4 f32.
std::string model_bytes() {
  return file_bytes("{" + entry("blocks.3.attn.qkv.weight", "F32", "[2,3]", 0, 24) + "," +
                        entry("blocks.3.attn.qkv.bias", "BF16", "[2]", 24, 28) + "," +
                        entry("ids", "I64", "[1]", 28, 36) + "," +
                        entry("empty", "F32", "[0,4]", 36, 36) + "}",
                    bytes_of(six) + std::string("\x80\x3F\x00\xC0", 4) + std::string(8, '\0'));
}

WeightSource open_model(const Scratch& scratch, const WeightOptions& options = {}) {
  return WeightSource::open(scratch.write("model.safetensors", model_bytes()), options);
}

TEST(WeightSource, reads_tensors_as_f32) {
  const Scratch scratch;
  const WeightSource source = open_model(scratch);
  EXPECT_EQ(source.read_f32("blocks.3.attn.qkv.weight"),
            std::vector<float>(six.begin(), six.end()));
  EXPECT_EQ(source.read_f32("blocks.3.attn.qkv.bias"), (std::vector<float>{1, -2}));
  EXPECT_EQ(source.read_f32("empty"), std::vector<float>{});
  const TensorInfo& weight = source.require("blocks.3.attn.qkv.weight", {2, 3});
  EXPECT_EQ(source.read_rows(weight, 1, 1), (std::vector<float>{4, 5, 6}));
  EXPECT_EQ(source.read_rows(weight, 0, 2), std::vector<float>(six.begin(), six.end()));
}

TEST(WeightSource, ST26_a_missing_tensor_is_named_with_its_nearest) {
  const Scratch scratch;
  const WeightSource source = open_model(scratch);
  const auto thrown = thrown_by([&] { source.require("blocks.3.attn.qkv.wieght", {2, 3}); });
  EXPECT_EQ(thrown.code, "MODEL_MISSING");
  EXPECT_EQ(thrown.exit, ExitCode::bad_input);
  EXPECT_TRUE(thrown.message.starts_with("blocks.3.attn.qkv.wieght: not in "));
  EXPECT_EQ(thrown.hint, "did you mean \"blocks.3.attn.qkv.weight\"?");
  EXPECT_EQ(thrown_by([&] { source.read_f32("absent"); }).code, "MODEL_MISSING");
  EXPECT_FALSE(source.has("absent"));
}

TEST(WeightSource, ST26_a_wrong_shape_is_told_with_both_shapes) {
  const Scratch scratch;
  const WeightSource source = open_model(scratch);
  const auto shaped = [&](const Shape& shape) {
    return thrown_by([&] { source.require("blocks.3.attn.qkv.weight", shape); });
  };
  EXPECT_EQ(shaped({2304, 768}).message, "blocks.3.attn.qkv.weight: expected 2304x768, got 2x3");
  EXPECT_EQ(shaped({2304, 768}).code, "MODEL_SHAPE");
  EXPECT_EQ(shaped({6}).code, "MODEL_SHAPE");
  EXPECT_EQ(shaped({2, 3, 1}).code, "MODEL_SHAPE");
  EXPECT_EQ(shaped({2, 3}).code, "");
}

TEST(WeightSource, ST26_a_transposed_twin_is_recognised) {
  const Scratch scratch;
  const WeightSource source = open_model(scratch);
  const auto thrown = thrown_by([&] { source.require("blocks.3.attn.qkv.weight", {3, 2}); });
  EXPECT_EQ(thrown.code, "MODEL_SHAPE");
  EXPECT_NE(thrown.hint.find("reverse"), std::string::npos);
}

TEST(WeightSource, ST26_a_type_that_holds_no_weights) {
  const Scratch scratch;
  const WeightSource source = open_model(scratch);
  const auto thrown = thrown_by([&] { source.require("ids", {1}); });
  EXPECT_EQ(thrown.code, "MODEL_DTYPE");
  EXPECT_EQ(thrown.message, "ids: expected F32, F16 or BF16, got I64");
  EXPECT_EQ(thrown_by([&] { source.read_f32("ids"); }).code, "ST_DTYPE");
}

TEST(WeightSource, ST19_an_empty_tensor_where_values_are_needed) {
  const Scratch scratch;
  const WeightSource source = open_model(scratch);
  EXPECT_EQ(thrown_by([&] { source.require("empty", {3, 4}); }).code, "MODEL_ZERO_DIM");
  EXPECT_EQ(thrown_by([&] { source.require("empty", {0, 4}); }).code, "");
}

TEST(WeightSource, ST26_tensors_that_no_one_used_are_listed) {
  const Scratch scratch;
  const WeightSource source = open_model(scratch);
  const std::vector<std::string> used = {"empty", "blocks.3.attn.qkv.weight", "absent"};
  EXPECT_EQ(source.unused(used), (std::vector<std::string>{"blocks.3.attn.qkv.bias", "ids"}));
}

TEST(WeightSource, ST23_values_that_are_not_finite_are_refused_when_strict) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<float> values(200'000, 1.0f);
  values[7] = nan;
  values[150'000] = -inf;
  values[199'999] = inf;
  const Scratch scratch;
  const std::string path = scratch.write(
      "m.safetensors",
      file_bytes("{" + entry("w", "F32", "[200000]", 0, 800'000) + "}", bytes_of(values)));
  const WeightSource lenient = WeightSource::open(path);
  EXPECT_EQ(lenient.read_f32("w").size(), values.size());
  EXPECT_EQ(lenient.count_nonfinite(*lenient.find("w")), 3u);
  const WeightSource strict = WeightSource::open(path, {.shards = {}, .strict = true});
  const auto thrown = thrown_by([&] { strict.read_f32("w"); });
  EXPECT_EQ(thrown.code, "MODEL_NONFINITE");
  EXPECT_EQ(thrown.message, "w: 3 of 200000 values are NaN or infinite");
  std::vector<float> piece(100);
  EXPECT_EQ(thrown_by([&] { strict.read_f32(*strict.find("w"), 0, piece); }).code,
            "MODEL_NONFINITE");
  EXPECT_EQ(thrown_by([&] { strict.read_f32(*strict.find("w"), 100, piece); }).code, "");
}

TEST(WeightSource, opens_an_index_with_shards) {
  const Scratch scratch;
  scratch.write("s1", file_bytes("{" + entry("a", "F32", "[2]", 0, 8) + "}",
                                 bytes_of(std::span(six).first(2))));
  scratch.write("s2", file_bytes("{" + entry("b", "F32", "[3]", 0, 12) + "}",
                                 bytes_of(std::span(six).last(3))));
  const WeightSource source = WeightSource::open(
      scratch.write("model.safetensors.index.json", R"({"weight_map":{"b":"s2","a":"s1"}})"));
  EXPECT_EQ(source.tensors().size(), 2u);
  EXPECT_EQ(source.read_f32("a"), (std::vector<float>{1, 2}));
  EXPECT_EQ(source.read_f32("b"), (std::vector<float>{4, 5, 6}));
}

TEST(WeightSource, random_weights_do_not_depend_on_their_order) {
  const WeightSource ab = WeightSource::random({{"a.weight", {3, 4}}, {"b.weight", {5, 6}}}, 7);
  const WeightSource ba = WeightSource::random({{"b.weight", {5, 6}}, {"a.weight", {3, 4}}}, 7);
  EXPECT_EQ(ab.read_f32("a.weight"), ba.read_f32("a.weight"));
  EXPECT_EQ(ab.read_f32("b.weight"), ba.read_f32("b.weight"));
  EXPECT_EQ(ab.require("a.weight", {3, 4}).byte_count(), 48u);
  EXPECT_EQ(thrown_by([&] { ab.require("a.weight", {4, 4}); }).code, "MODEL_SHAPE");
  const std::vector<float> b = ab.read_f32("b.weight");
  EXPECT_EQ(ab.read_rows(*ab.find("b.weight"), 2, 1),
            std::vector<float>(b.begin() + 12, b.begin() + 18));
}

}  // namespace
}  // namespace vitgen
