#include "tools/emit/weights_file.h"

#include <gtest/gtest.h>

#include <cstring>

#include "generators/base/error.h"
#include "runtime/table.h"
#include "tests/emit/tiny_library.h"

namespace vitgen {
namespace {

using testing::file_text;
using testing::ScratchDirectory;
using testing::tiny_request;
using testing::tiny_weight_value;

struct Written {
  WeightsLayout layout;
  Digest payload;
  std::string bytes;
};

Written write_tiny(const ScratchDirectory& directory) {
  const LibraryRequest request = tiny_request("tiny", directory.path());
  const std::vector<Weight>& weights = request.plans[0].weights;
  Written out;
  out.layout = weights_layout(weights);
  FileWriter file(directory.path("w"));
  SilentProgress progress;
  out.payload = write_weights(file, "tiny", weights, out.layout, request.weight, progress);
  file.close();
  out.bytes = file_text(directory.path("w"));
  return out;
}

TEST(WeightsFile, The_header_describes_the_file) {
  const ScratchDirectory directory;
  const Written file = write_tiny(directory);
  vitgen_weights_header header;
  ASSERT_GE(file.bytes.size(), sizeof header);
  std::memcpy(&header, file.bytes.data(), sizeof header);
  EXPECT_EQ(std::string(header.magic, 8), "VITGENW1");
  EXPECT_EQ(header.header_bytes, sizeof header);
  EXPECT_EQ(header.tensor_count, 2u);
  EXPECT_EQ(header.file_bytes, file.bytes.size());
  EXPECT_EQ(header.file_bytes % VITGEN_PAGE, 0u);
  EXPECT_STREQ(header.model_name, "tiny");
  EXPECT_EQ(std::memcmp(header.payload_hash, file.payload.data(), 32), 0);
  EXPECT_EQ(std::memcmp(header.layout_hash, file.layout.hash.data(), 32), 0);
  EXPECT_EQ(sha256_hex(file.bytes.substr(VITGEN_PAGE)), to_hex(file.payload));
}

TEST(WeightsFile, Each_weight_is_at_a_page_with_its_values) {
  const ScratchDirectory directory;
  const Written file = write_tiny(directory);
  const char* const names[] = {"hidden.weight", "head.weight"};
  for (std::size_t w = 0; w < 2; ++w) {
    const WeightPlace& place = file.layout.places[w];
    EXPECT_EQ(place.offset % VITGEN_PAGE, 0u);
    for (std::size_t i = 0; i * 4 < place.bytes; ++i) {
      float value = 0;
      std::memcpy(&value, file.bytes.data() + place.offset + 4 * i, 4);
      ASSERT_EQ(value, tiny_weight_value(names[w], i));
    }
  }
}

TEST(WeightsFile, A_weight_of_another_size_is_refused_by_name) {
  const ScratchDirectory directory;
  const LibraryRequest request = tiny_request("tiny", directory.path());
  const auto wrong = [](const Weight&) { return HostTensor{{1}, {1.0f}}; };
  FileWriter file(directory.path("w"));
  SilentProgress progress;
  const std::vector<Weight>& weights = request.plans[0].weights;
  try {
    write_weights(file, "tiny", weights, weights_layout(weights), wrong, progress);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "WEIGHT_SIZE");
    EXPECT_STREQ(error.what(), "hidden.weight: expected 40 values, got 1");
  }
}

TEST(WeightsFile, The_layout_hash_sees_names_and_extents) {
  std::vector<Weight> weights = {{.name = "a", .extents = {4, 6}, .value = {}}};
  const Digest first = weights_layout(weights).hash;
  weights[0].extents = {6, 4};
  const Digest turned = weights_layout(weights).hash;
  weights[0] = {.name = "b", .extents = {4, 6}, .value = {}};
  EXPECT_NE(first, turned);
  EXPECT_NE(first, weights_layout(weights).hash);
}

TEST(WeightsFile, One_tensor_is_in_memory_at_a_time) {
  const ScratchDirectory directory;
  const LibraryRequest request = tiny_request("tiny", directory.path());
  const std::vector<Weight>& weights = request.plans[0].weights;
  std::vector<std::string> order;
  const auto evaluate = [&](const Weight& weight) {
    order.push_back(weight.name);
    return request.weight(weight);
  };
  FileWriter file(directory.path("w"));
  SilentProgress progress;
  write_weights(file, "tiny", weights, weights_layout(weights), evaluate, progress);
  EXPECT_EQ(order, (std::vector<std::string>{"hidden.weight", "head.weight"}));
}

}  // namespace
}  // namespace vitgen
