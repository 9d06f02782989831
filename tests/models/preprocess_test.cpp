// Recipes against what the libraries' own transforms do.

#include "generators/models/support/preprocess.h"

#include <gtest/gtest.h>

#include "generators/base/error.h"

namespace vitgen {
namespace {

Preprocess timm(const std::string& text, std::int64_t h = 224, std::int64_t w = 224) {
  return timm_preprocess(parse_json(text, "pretrained_cfg"), 3, h, w);
}

Preprocess hf(const std::string& text, std::string_view type = "vit") {
  return hf_preprocess(parse_json(text, "preprocessor_config.json"), type, 3);
}

TEST(Preprocess, timm_scales_the_shorter_edge_by_crop_pct_rounded_down) {
  const Preprocess recipe = timm(R"({"crop_pct": 0.9, "interpolation": "bicubic"})");
  EXPECT_EQ(recipe.resize, ResizeMode::shortest_edge);
  EXPECT_EQ(recipe.resize_h, 248);
  EXPECT_EQ(recipe.crop_h, 224);
  EXPECT_EQ(recipe.filter, ResizeFilter::bicubic);
  EXPECT_EQ(recipe.crop, CropRule::half_even);
}

TEST(Preprocess, timm_defaults_are_imagenet_and_seven_eighths) {
  const Preprocess recipe = timm("{}");
  EXPECT_EQ(recipe.resize_h, 256);
  EXPECT_EQ(recipe.mean[0], 0.485f);
  EXPECT_EQ(recipe.std_dev[2], 0.225f);
}

TEST(Preprocess, timm_crop_modes) {
  EXPECT_EQ(timm(R"({"crop_mode": "squash"})").resize, ResizeMode::exact);
  EXPECT_EQ(timm("{}", 224, 320).resize, ResizeMode::cover);
  const Preprocess border = timm(R"({"crop_mode": "border", "mean": [0.5, 0.0, 1.0]})");
  EXPECT_EQ(border.resize, ResizeMode::contain);
  // round(127.5) is 128 in Python, too: halves go to the even number.
  EXPECT_EQ(border.fill, (std::array<std::uint8_t, 4>{128, 0, 255, 128}));
  EXPECT_THROW(timm(R"({"crop_mode": "rrc"})"), Error);
  EXPECT_THROW(timm(R"({"interpolation": "hamming"})"), Error);
}

TEST(Preprocess, transformers_vit_squashes_and_does_not_crop) {
  const Preprocess recipe =
      hf(R"({"image_processor_type": "ViTImageProcessor", "size": {"height": 384, "width": 320}})");
  EXPECT_EQ(recipe.resize, ResizeMode::exact);
  EXPECT_EQ(recipe.filter, ResizeFilter::bilinear);
  EXPECT_EQ(recipe.crop_h, 384);
  EXPECT_EQ(recipe.crop_w, 320);
  EXPECT_EQ(recipe.mean[0], 0.5f);
  EXPECT_EQ(recipe.crop, CropRule::floor);
}

TEST(Preprocess, transformers_deit_resizes_to_256_and_crops) {
  const Preprocess recipe = hf(
      R"({"feature_extractor_type": "DeiTFeatureExtractor", "size": 256, "crop_size": 224,
          "resample": 3, "image_mean": [0.485, 0.456, 0.406]})",
      "deit");
  EXPECT_EQ(recipe.resize, ResizeMode::exact);
  EXPECT_EQ(recipe.resize_h, 256);
  EXPECT_EQ(recipe.crop_h, 224);
  EXPECT_EQ(recipe.filter, ResizeFilter::bicubic);
  EXPECT_EQ(recipe.mean[1], 0.456f);
}

TEST(Preprocess, transformers_dinov2_scales_the_shorter_edge) {
  const Preprocess recipe = hf(R"({"image_processor_type": "BitImageProcessor",
      "size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}})",
                               "dinov2");
  EXPECT_EQ(recipe.resize, ResizeMode::shortest_edge);
  EXPECT_EQ(recipe.resize_h, 256);
  EXPECT_EQ(recipe.crop_w, 224);
}

TEST(Preprocess, transformers_switches_turn_parts_off) {
  EXPECT_EQ(hf(R"({"do_resize": false})").resize, ResizeMode::none);
  EXPECT_EQ(hf(R"({"do_rescale": false})").rescale, 1.0);
  EXPECT_EQ(hf(R"({"do_normalize": false})").std_dev[0], 1.0f);
  EXPECT_EQ(hf(R"({"rescale_factor": 0.5})").rescale, 0.5);
}

TEST(Preprocess, another_image_size_keeps_the_share_that_is_cropped_away) {
  const Preprocess recipe = resized(timm(R"({"crop_pct": 0.875})"), 448, 448);
  EXPECT_EQ(recipe.resize_h, 512);
  EXPECT_EQ(recipe.crop_h, 448);
  EXPECT_EQ(resized(timm(R"({"crop_pct": 0.9})"), 448, 448).resize_h, 497);
  const Preprocess padded = hf(R"({"size": {"shortest_edge": 200}, "crop_size": 224,
      "do_center_crop": true})");
  EXPECT_EQ(resized(padded, 224, 224), padded);
  const Preprocess wide = resized(timm("{}"), 224, 448);
  EXPECT_EQ(wide.resize, ResizeMode::cover);
  EXPECT_EQ(wide.resize_w, 512);
}

}  // namespace
}  // namespace vitgen
