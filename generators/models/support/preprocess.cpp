#include "generators/models/support/preprocess.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "generators/base/error.h"
#include "generators/base/image_limit.h"

namespace vitgen {

namespace {

/// One number for each channel. A std of 0 has no inverse.
void read_channels(const JsonFile& file, std::string_view key, std::int64_t channels, bool positive,
                   std::array<float, 4>& out) {
  if (!has_value(file, key)) return;
  const std::vector<double> values = get_number_array(file, key, -1e6, 1e6, 16);
  if (static_cast<std::int64_t>(values.size()) != channels) {
    json_error(
        file, key, "CFG_RANGE",
        fmt::format("expected {} numbers, one for each channel, got {}", channels, values.size()));
  }
  for (std::size_t c = 0; c < values.size(); ++c) {
    out[c] = static_cast<float>(values[c]);
    if (positive && !(out[c] > 0)) {
      json_error(file, key, "CFG_RANGE", fmt::format("must be positive, got {}", values[c]));
    }
  }
}

ResizeFilter named_filter(const JsonFile& file, std::string_view key, std::string_view fallback) {
  const std::string word = get_string_or(file, key, fallback);
  if (word == "random") return ResizeFilter::bilinear;  // a training choice; timm evaluates so
  const auto names = enum_names(ResizeFilter{});
  const auto found = std::find(names.begin(), names.end(), word);
  if (found == names.end()) {
    json_error(file, key, "CFG_UNSUPPORTED", fmt::format("unknown filter '{}'", printable(word)),
               fmt::format("known: {}", fmt::join(names, ", ")));
  }
  return static_cast<ResizeFilter>(found - names.begin());
}

std::int64_t scaled(std::int64_t size, double crop_pct) {
  return static_cast<std::int64_t>(std::floor(static_cast<double>(size) / crop_pct));
}

}  // namespace

Preprocess timm_preprocess(const JsonFile& file, std::int64_t channels, std::int64_t h,
                           std::int64_t w) {
  Preprocess recipe{.crop_h = h, .crop_w = w, .channels = channels};
  // timm's defaults when a checkpoint says nothing: ImageNet statistics, bicubic, 0.875.
  recipe.mean = {0.485f, 0.456f, 0.406f, 0.5f};
  recipe.std_dev = {0.229f, 0.224f, 0.225f, 0.5f};
  read_channels(file, "mean", channels, false, recipe.mean);
  read_channels(file, "std", channels, true, recipe.std_dev);
  recipe.filter = named_filter(file, "interpolation", "bicubic");
  const double crop_pct = get_number_or(file, "crop_pct", 0.875, 0.01, 1.0);
  recipe.crop_pct = crop_pct;
  recipe.resize_h = scaled(h, crop_pct);
  recipe.resize_w = scaled(w, crop_pct);
  const std::string mode = get_string_or(file, "crop_mode", "center");
  if (mode == "squash") {
    recipe.resize = ResizeMode::exact;
  } else if (mode == "border") {
    recipe.resize = ResizeMode::contain;
    for (std::size_t c = 0; c < 4; ++c) {
      recipe.fill[c] =
          static_cast<std::uint8_t>(std::clamp(std::nearbyint(255 * recipe.mean[c]), 0.0f, 255.0f));
    }
  } else if (mode == "center") {
    recipe.resize = h == w ? ResizeMode::shortest_edge : ResizeMode::cover;
  } else {
    json_error(file, "crop_mode", "CFG_UNSUPPORTED",
               fmt::format("unknown crop mode '{}'", printable(mode)),
               "known: center, squash, border");
  }
  return recipe;
}

namespace {

struct Statistics {
  std::array<float, 4> mean, std_dev;
};
constexpr Statistics half = {{0.5f, 0.5f, 0.5f, 0.5f}, {0.5f, 0.5f, 0.5f, 0.5f}};
constexpr Statistics imagenet = {{0.485f, 0.456f, 0.406f, 0.5f}, {0.229f, 0.224f, 0.225f, 0.5f}};
constexpr Statistics openai = {{0.48145466f, 0.4578275f, 0.40821073f, 0.5f},
                               {0.26862954f, 0.26130258f, 0.27577711f, 0.5f}};

/// What an image processor of transformers does when its file leaves a key out.
struct ProcessorDefaults {
  std::string_view model_type;
  std::string_view processor;  ///< beginning of the class name
  bool shortest_edge;          ///< what a plain integer `size` means
  std::int64_t size;
  ResizeFilter filter;
  bool crop;
  Statistics statistics;
};

constexpr ProcessorDefaults processors[] = {
    {"vit", "ViT", false, 224, ResizeFilter::bilinear, false, half},
    {"deit", "DeiT", false, 256, ResizeFilter::bicubic, true, half},
    {"dinov2", "Bit", true, 256, ResizeFilter::bicubic, true, imagenet},
    {"dinov2_with_registers", "Bit", true, 256, ResizeFilter::bicubic, true, imagenet},
    {"dinov3_vit", "DINOv3", false, 224, ResizeFilter::bilinear, false, imagenet},
    {"siglip_vision_model", "Siglip", false, 224, ResizeFilter::bicubic, false, half},
    {"beit", "Beit", false, 224, ResizeFilter::bicubic, false, half},
    {"clip_vision_model", "CLIP", true, 224, ResizeFilter::bicubic, true, openai},
};

ProcessorDefaults defaults_of(const JsonFile& file, std::string_view model_type) {
  const std::string name = get_string_or(file, "image_processor_type",
                                         get_string_or(file, "feature_extractor_type", ""));
  for (const ProcessorDefaults& row : processors) {
    if (!name.empty() && name.starts_with(row.processor)) return row;
  }
  for (const ProcessorDefaults& row : processors) {
    if (row.model_type == model_type) return row;
  }
  return processors[0];
}

/// The numbers of PIL's resampling filters.
ResizeFilter pil_filter(const JsonFile& file, ResizeFilter fallback) {
  if (!has_value(file, "resample")) return fallback;
  switch (get_int(file, "resample", 0, 5)) {
    case 0:
      return ResizeFilter::nearest;
    case 1:
      return ResizeFilter::lanczos;
    case 2:
      return ResizeFilter::bilinear;
    case 3:
      return ResizeFilter::bicubic;
    default:
      json_error(file, "resample", "CFG_UNSUPPORTED", "box and hamming filters are not supported",
                 "known: 0 nearest, 1 lanczos, 2 bilinear, 3 bicubic");
  }
}

void read_size(const JsonFile& file, const ProcessorDefaults& defaults, Preprocess& recipe) {
  recipe.resize = defaults.shortest_edge ? ResizeMode::shortest_edge : ResizeMode::exact;
  recipe.resize_h = recipe.resize_w = defaults.size;
  const Json* size = find_json(file, "size");
  if (!size || size->is_null()) return;
  if (size->is_object() && size->contains("shortest_edge")) {
    recipe.resize = ResizeMode::shortest_edge;
    recipe.resize_h = recipe.resize_w = get_int(file, "size.shortest_edge", 1, kMaxImageEdge);
  } else if (size->is_object()) {
    recipe.resize = ResizeMode::exact;
    recipe.resize_h = get_int(file, "size.height", 1, kMaxImageEdge);
    recipe.resize_w = get_int(file, "size.width", 1, kMaxImageEdge);
  } else {
    recipe.resize_h = recipe.resize_w = get_int(file, "size", 1, kMaxImageEdge);
  }
}

void read_crop(const JsonFile& file, const ProcessorDefaults& defaults, Preprocess& recipe) {
  recipe.crop = CropRule::floor;
  recipe.crop_h = recipe.resize_h;
  recipe.crop_w = recipe.resize_w;
  if (!get_bool_or(file, "do_center_crop", defaults.crop)) return;
  recipe.crop_h = recipe.crop_w = 224;
  const Json* crop = find_json(file, "crop_size");
  if (!crop || crop->is_null()) return;
  if (crop->is_object()) {
    recipe.crop_h = get_int(file, "crop_size.height", 1, kMaxImageEdge);
    recipe.crop_w = get_int(file, "crop_size.width", 1, kMaxImageEdge);
  } else {
    recipe.crop_h = recipe.crop_w = get_int(file, "crop_size", 1, kMaxImageEdge);
  }
}

}  // namespace

Preprocess hf_preprocess(const JsonFile& file, std::string_view model_type, std::int64_t channels) {
  const ProcessorDefaults defaults = defaults_of(file, model_type);
  Preprocess recipe{.channels = channels};
  recipe.mean = defaults.statistics.mean;
  recipe.std_dev = defaults.statistics.std_dev;
  read_size(file, defaults, recipe);
  if (!get_bool_or(file, "do_resize", true)) recipe.resize = ResizeMode::none;
  recipe.filter = pil_filter(file, defaults.filter);
  read_crop(file, defaults, recipe);
  read_channels(file, "image_mean", channels, false, recipe.mean);
  read_channels(file, "image_std", channels, true, recipe.std_dev);
  recipe.rescale = get_number_or(file, "rescale_factor", 1.0 / 255, 1e-6, 1e6);
  if (!get_bool_or(file, "do_rescale", true)) recipe.rescale = 1;
  if (!get_bool_or(file, "do_normalize", true)) {
    recipe.mean = {0, 0, 0, 0};
    recipe.std_dev = {1, 1, 1, 1};
  }
  return recipe;
}

Preprocess resized(const Preprocess& recipe, std::int64_t h, std::int64_t w) {
  Preprocess out = recipe;
  const auto grown = [&](std::int64_t size, std::int64_t from, std::int64_t to) {
    return recipe.crop_pct > 0 ? scaled(to, recipe.crop_pct) : size * to / from;
  };
  out.resize_h = grown(recipe.resize_h, recipe.crop_h, h);
  out.resize_w = grown(recipe.resize_w, recipe.crop_w, w);
  if (recipe.resize == ResizeMode::shortest_edge && h != w) out.resize = ResizeMode::cover;
  out.crop_h = h;
  out.crop_w = w;
  return out;
}

}  // namespace vitgen
