// A patch weight is the same network however its file lays it out: as a convolution or as a linear
// map, with the channel first or last, as (out, in) or (in, out).

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "generators/plan/lower.h"
#include "tests/models/small_configs.h"
#include "tests/models/vit_of.h"
#include "tests/plan/tiny_weights.h"

namespace vitgen {
namespace {

// Patches of 2 rows and 5 columns, and a width that is no whole panel.
constexpr std::int64_t kWidth = 7, kChannels = 3, kRows = 2, kColumns = 5;
constexpr std::int64_t kPixels = kChannels * kRows * kColumns;

struct Layout {
  PatchOrder order;
  MatrixOrder matrix;
  bool flat;  ///< a matrix in the file, not four axes
};

std::vector<Layout> all_layouts() {
  std::vector<Layout> layouts;
  for (const PatchOrder order : {PatchOrder::chw, PatchOrder::hwc}) {
    for (const MatrixOrder matrix : {MatrixOrder::out_in, MatrixOrder::in_out}) {
      for (const bool flat : {false, true}) layouts.push_back({order, matrix, flat});
    }
  }
  return layouts;
}

std::string words(const Layout& layout) {
  return std::string("patch_order=")
      .append(enum_text(layout.order))
      .append(",patch_matrix=")
      .append(enum_text(layout.matrix));
}

/// The number of an output channel and a pixel as no other has it, with all bits of the mantissa.
float element(std::int64_t out, std::int64_t c, std::int64_t y, std::int64_t x) {
  return static_cast<float>(
      std::sin(1.0 + static_cast<double>(((out * kChannels + c) * kRows + y) * kColumns + x)));
}

TinyTensor patch_weight(const Layout& layout) {
  const bool channel_first = layout.order == PatchOrder::chw;
  const bool out_first = layout.matrix == MatrixOrder::out_in;
  TinyTensor tensor{"patch_embed.proj.weight", {}, {}};
  for (std::int64_t i = 0; i < kWidth * kPixels; ++i) {
    const std::int64_t out = out_first ? i / kPixels : i % kWidth;
    const std::int64_t pixel = out_first ? i % kPixels : i / kWidth;
    const std::int64_t c = channel_first ? pixel / (kRows * kColumns) : pixel % kChannels;
    const std::int64_t place = channel_first ? pixel % (kRows * kColumns) : pixel / kChannels;
    tensor.values.push_back(element(out, c, place / kColumns, place % kColumns));
  }
  tensor.shape =
      channel_first ? Shape{kChannels, kRows, kColumns} : Shape{kRows, kColumns, kChannels};
  if (layout.flat) tensor.shape = {kPixels};
  tensor.shape.insert(out_first ? tensor.shape.begin() : tensor.shape.end(), kWidth);
  return tensor;
}

Json small_config() {
  return Json::parse(R"({"network": "vit", "image_h": 4, "image_w": 10, "patch_h": 2, "patch_w": 5,
    "width": 7, "depth": 1, "heads": 1, "mlp": 5, "eps": 1e-6, "activation": "gelu_erf",
    "classes": 0})");
}

/// All tensors of the small model, with its patch weight as the layout has it.
WeightSource weights_in(const testing::Scratch& folder, const Layout& layout) {
  std::vector<TinyTensor> tensors;
  for (const auto& [name, shape] : tensors_with(small_config())) {
    tensors.push_back(name == "patch_embed.proj.weight" ? patch_weight(layout)
                                                        : TinyTensor{name, shape, {}});
  }
  return tiny_weights(folder, tensors);
}

std::vector<float> patch_weights_of(const Layout& layout, DType input) {
  const testing::Scratch folder;
  const WeightSource weights = weights_in(folder, layout);
  const Model model = model_with(weights, small_config(),
                                 {.strict = true, .overrides = Fields::parse(words(layout))});
  PlanOptions options;
  options.input = input;
  std::vector<float> packed;
  for (const Weight& weight : lower(vit_of(model), options).weights) {
    if (!weight.name.starts_with("patch_embed.")) continue;
    const HostTensor value = evaluate(weight.value, weights);
    packed.insert(packed.end(), value.values.begin(), value.values.end());
  }
  return packed;
}

TEST(PatchLayouts, conv_and_linear_weights_give_the_same_packed_bytes) {
  for (const DType input : {DType::f32, DType::u8}) {
    const std::vector<float> wanted = patch_weights_of(all_layouts()[0], input);
    ASSERT_EQ(wanted.size(), static_cast<std::size_t>(16 * kPixels + 16));  // a panel and a bias
    for (const Layout& layout : all_layouts()) {
      const std::vector<float> packed = patch_weights_of(layout, input);
      ASSERT_EQ(packed.size(), wanted.size());
      EXPECT_EQ(std::memcmp(packed.data(), wanted.data(), wanted.size() * sizeof(float)), 0)
          << words(layout) << " " << layout.flat;
    }
  }
}

TEST(PatchLayouts, pixels_are_summed_as_channel_row_column) {
  const std::vector<float> packed = patch_weights_of(all_layouts()[0], DType::f32);
  for (std::int64_t out = 0; out < kWidth; ++out) {
    EXPECT_EQ(packed[static_cast<std::size_t>(out)], element(out, 0, 0, 0));
    EXPECT_EQ(packed[static_cast<std::size_t>(16 + out)], element(out, 0, 0, 1));
    EXPECT_EQ(packed[static_cast<std::size_t>(16 * kColumns + out)], element(out, 0, 1, 0));
    EXPECT_EQ(packed[static_cast<std::size_t>(16 * kRows * kColumns + out)], element(out, 1, 0, 0));
  }
}

TEST(PatchLayouts, transposed_matrix_is_refused_with_the_field_that_reads_it) {
  const testing::Scratch folder;
  const WeightSource weights = weights_in(folder, {PatchOrder::chw, MatrixOrder::in_out, true});
  const testing::Thrown thrown = testing::thrown_by([&] { model_with(weights, small_config()); });
  EXPECT_EQ(thrown.code, "MODEL_SHAPE");
  EXPECT_NE(thrown.hint.find("patch_matrix=in_out"), std::string::npos) << thrown.hint;
}

}  // namespace
}  // namespace vitgen
