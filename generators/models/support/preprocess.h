#pragma once
// How a decoded image becomes the model's input, as the model's makers do it.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "generators/base/json.h"

namespace vitgen {

enum class ResizeMode : std::uint8_t { exact, shortest_edge, cover, contain, none };
inline std::vector<std::string_view> enum_names(ResizeMode) {
  return {"exact", "shortest_edge", "cover", "contain", "none"};
}

enum class ResizeFilter : std::uint8_t { nearest, bilinear, bicubic, lanczos };
inline std::vector<std::string_view> enum_names(ResizeFilter) {
  return {"nearest", "bilinear", "bicubic", "lanczos"};
}

/// Where the crop starts when an odd number of pixels is left over: torchvision rounds the half to
/// even, transformers rounds it down.
enum class CropRule : std::uint8_t { half_even, floor };
inline std::vector<std::string_view> enum_names(CropRule) { return {"half_even", "floor"}; }

/// Resize to resize_h x resize_w (shortest_edge reads resize_h only), crop the centre to
/// crop_h x crop_w, then (x * rescale - mean[c]) / std_dev[c]. The enumerators are in the order of
/// the runtime's.
struct Preprocess {
  ResizeMode resize = ResizeMode::exact;
  ResizeFilter filter = ResizeFilter::bilinear;
  std::int64_t resize_h = 224;
  std::int64_t resize_w = 224;
  CropRule crop = CropRule::half_even;
  std::int64_t crop_h = 224;
  std::int64_t crop_w = 224;
  std::int64_t channels = 3;
  std::array<std::uint8_t, 4> fill = {};  ///< around an image smaller than the crop
  std::array<float, 4> mean = {0.5f, 0.5f, 0.5f, 0.5f};
  std::array<float, 4> std_dev = {0.5f, 0.5f, 0.5f, 0.5f};
  double rescale = 1.0 / 255;
  double crop_pct = 0;  ///< timm: crop / resize; 0 if the sizes are given by themselves

  bool operator==(const Preprocess&) const = default;
};

/// timm's evaluation transform of a `pretrained_cfg` (input_size, crop_pct, crop_mode,
/// interpolation, mean, std) for an image of h x w. Errors: CFG_FIELD, CFG_RANGE.
Preprocess timm_preprocess(const JsonFile& pretrained_cfg, std::int64_t channels, std::int64_t h,
                           std::int64_t w);

/// A Hugging Face `preprocessor_config.json`; keys that are absent take the defaults of the image
/// processor that it names, or of the one that goes with `model_type`.
Preprocess hf_preprocess(const JsonFile& file, std::string_view model_type, std::int64_t channels);

/// The same recipe for another input size: the crop becomes h x w and the resize grows alike, as
/// timm does it from crop_pct.
Preprocess resized(const Preprocess& recipe, std::int64_t h, std::int64_t w);

}  // namespace vitgen
