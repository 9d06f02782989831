#include "generators/weights/stacked_blocks.h"

#include <gtest/gtest.h>

#include "generators/weights/weight_source.h"
#include "tests/base/support.h"
#include "tests/weights/zip_bytes.h"

namespace vitgen {
namespace {

using testing::npy_bytes;
using testing::Scratch;
using testing::thrown_by;
using testing::zip_bytes;
using testing::ZipRow;

const std::string one("\0\0\x80\x3F", 4);  // 1.0f
const std::string two("\0\0\0\x40", 4);    // 2.0f

TensorInfo tensor(const std::string& name, Shape shape) {
  const std::uint64_t bytes = 4 * element_count(shape);
  return {.name = name, .shape = std::move(shape), .begin = 128, .end = 128 + bytes, .file = 7};
}

std::vector<std::string> names_without_stacks(const std::vector<TensorInfo>& tensors) {
  std::vector<std::string> names;
  for (const TensorInfo& part : without_stacks(tensors, "f")) names.push_back(part.name);
  return names;
}

TEST(StackedBlocks, a_stack_becomes_a_tensor_for_each_block_in_place) {
  const auto parts = without_stacks(
      {tensor("head/bias", {5}), tensor("params/Transformer/encoderblock/x/kernel", {3, 2, 4}),
       tensor("cls", {1})},
      "f");
  ASSERT_EQ(parts.size(), 5u);
  EXPECT_EQ(parts[0].name, "head/bias");
  EXPECT_EQ(parts[3].name, "params/Transformer/encoderblock_2/x/kernel");
  EXPECT_EQ(parts[3].shape, (Shape{2, 4}));
  EXPECT_EQ(parts[3].begin, 128u + 2 * 32);
  EXPECT_EQ(parts[3].end, 128u + 3 * 32);
  EXPECT_EQ(parts[3].file, 7u);
  EXPECT_EQ(parts[4].name, "cls");
}

TEST(StackedBlocks, other_names_scalars_and_absurd_depths_stay_as_they_are) {
  const std::vector<std::string> names = {"encoderblock_0/a", "myencoderblock/a", "encoderblock",
                                          "a/encoderblocks/b"};
  for (const std::string& name : names) {
    EXPECT_EQ(names_without_stacks({tensor(name, {3})}), std::vector<std::string>{name});
  }
  EXPECT_EQ(names_without_stacks({tensor("encoderblock/a", {})}).front(), "encoderblock/a");
  EXPECT_EQ(names_without_stacks({tensor("encoderblock/a", {0, 4})}).front(), "encoderblock/a");
  EXPECT_EQ(names_without_stacks({tensor("encoderblock/a", {kMostStacked + 1})}).size(), 1u);
  EXPECT_EQ(names_without_stacks({tensor("encoderblock/a", {kMostStacked})}).size(),
            static_cast<std::size_t>(kMostStacked));
}

TEST(StackedBlocks, a_part_that_also_stands_by_itself_is_refused) {
  const auto thrown = thrown_by([] {
    without_stacks({tensor("encoderblock_1/a", {4}), tensor("encoderblock/a", {2, 4})}, "m.npz");
  });
  EXPECT_EQ(thrown.code, "NPZ_DUP");
  EXPECT_NE(thrown.message.find("m.npz: 'encoderblock_1/a'"), std::string::npos);
}

TEST(StackedBlocks, parts_are_read_in_any_order) {
  const Scratch scratch;
  const std::string path = scratch.write(
      "model.npz",
      zip_bytes({ZipRow{"encoderblock/a.npy", npy_bytes("'<f4'", "(2, 1)", one + two)}}));
  const WeightSource source = WeightSource::open(path);
  EXPECT_EQ(source.read_f32("encoderblock_1/a"), std::vector<float>{2});
  EXPECT_EQ(source.read_f32("encoderblock_0/a"), std::vector<float>{1});
  EXPECT_EQ(source.read_f32("encoderblock_1/a"), std::vector<float>{2});
}

}  // namespace
}  // namespace vitgen
