#include "runtime/resample_geometry.h"

namespace vitgen::rt {
namespace {

struct Size {
  int64_t height;
  int64_t width;
};

bool is_edge(int32_t value) { return value >= 1 && value <= VITGEN_PREPROCESS_MAX_EDGE; }

bool is_within(int32_t value, int32_t last) { return value >= 0 && value <= last; }

/// Without <cmath>: infinity and NaN are the values that differ from themselves minus themselves.
bool is_finite(double value) { return value - value == 0; }

bool has_valid_sizes(const vitgen_preprocess_recipe& recipe) {
  if (!is_edge(recipe.crop_h) || !is_edge(recipe.crop_w)) return false;
  if (recipe.resize == VITGEN_RESIZE_NONE) return true;
  if (!is_edge(recipe.resize_h)) return false;
  return recipe.resize == VITGEN_RESIZE_SHORTEST_EDGE || is_edge(recipe.resize_w);
}

bool has_valid_scale(const vitgen_preprocess_recipe& recipe) {
  if (recipe.pixel_type != VITGEN_PIXEL_F32) return true;
  for (int c = 0; c < recipe.channels; ++c) {
    if (!is_finite(recipe.mean[c]) || !is_finite(recipe.std[c]) || recipe.std[c] == 0) return false;
  }
  return is_finite(recipe.rescale);
}

bool is_valid(const vitgen_preprocess_recipe& recipe) {
  return is_within(recipe.resize, VITGEN_RESIZE_NONE) &&
         is_within(recipe.filter, VITGEN_FILTER_LANCZOS) &&
         is_within(recipe.pass_order, VITGEN_PASSES_PILLOW_13) &&
         is_within(recipe.crop, VITGEN_CROP_FLOOR) &&
         is_within(recipe.pixel_type, VITGEN_PIXEL_U8_INTERLEAVED) && recipe.channels >= 1 &&
         recipe.channels <= 4 && has_valid_sizes(recipe) && has_valid_scale(recipe);
}

bool serves(int image_channels, int model_channels) {
  return image_channels == model_channels || (image_channels == 1 && model_channels == 3) ||
         (image_channels == 3 && model_channels == 1);
}

/// Python's round() of a value that is not negative: halves to the even neighbour.
int64_t round_half_even(double value) {
  const int64_t whole = static_cast<int64_t>(value);
  const double rest = value - static_cast<double>(whole);
  const bool up = rest > 0.5 || (rest == 0.5 && (whole & 1) != 0);
  return up ? whole + 1 : whole;
}

/// Python computes int(edge * long / short) in double; with edges below 2^16 the quotient is
/// 2^-16 or more away from the next integer, so the integer division is the same.
Size shortest_edge_size(Size image, int64_t edge) {
  if (image.width <= image.height) return {edge * image.height / image.width, edge};
  return {edge, edge * image.width / image.height};
}

Size keep_ratio_size(const vitgen_preprocess_recipe& recipe, Size image) {
  const double height = static_cast<double>(image.height);
  const double width = static_cast<double>(image.width);
  const double rows = height / recipe.resize_h;
  const double columns = width / recipe.resize_w;
  const bool cover = recipe.resize == VITGEN_RESIZE_COVER;
  const double ratio = (rows < columns) == cover ? rows : columns;
  return {round_half_even(height / ratio), round_half_even(width / ratio)};
}

Size resized_size(const vitgen_preprocess_recipe& recipe, Size image) {
  switch (recipe.resize) {
    case VITGEN_RESIZE_EXACT:
      return {recipe.resize_h, recipe.resize_w};
    case VITGEN_RESIZE_SHORTEST_EDGE:
      return shortest_edge_size(image, recipe.resize_h);
    case VITGEN_RESIZE_NONE:
      return image;
    default:
      return keep_ratio_size(recipe, image);
  }
}

bool is_resizable(int64_t edge) { return edge >= 1 && edge <= VITGEN_PREPROCESS_MAX_RESIZED_EDGE; }

/// Where a crop that leaves `excess` >= 0 pixels begins.
int32_t crop_begin(int32_t excess, int32_t rule) {
  const int32_t floor = excess / 2;
  const bool up = rule == VITGEN_CROP_HALF_EVEN && (excess & 1) != 0 && (floor & 1) != 0;
  return up ? floor + 1 : floor;
}

/// Padding before an image that lacks `missing` > 0 pixels: torchvision rounds it down, the floor
/// rule's begin -missing // 2 rounds it up.
int32_t padding_before(int32_t missing, int32_t rule) {
  return rule == VITGEN_CROP_FLOOR ? (missing + 1) / 2 : missing / 2;
}

CropAxis crop_axis(const vitgen_preprocess_recipe& recipe, int32_t in, int32_t out, int32_t crop) {
  if (out >= crop) {
    return {{recipe.filter, in, out, crop_begin(out - crop, recipe.crop), crop}, 0};
  }
  return {{recipe.filter, in, out, 0, out}, padding_before(crop - out, recipe.crop)};
}

bool is_vertical_first(const vitgen_preprocess_recipe& recipe, Size image, Size resized) {
  return recipe.pass_order == VITGEN_PASSES_PILLOW_13 && resized.height < image.height &&
         image.height - resized.height > 2 * (image.width - resized.width);
}

}  // namespace

int plan_geometry(const vitgen_preprocess_recipe& recipe, int height, int width, int channels,
                  Geometry* geometry) {
  if (!is_valid(recipe)) return VITGEN_PREPROCESS_E_RECIPE;
  if (!is_edge(height) || !is_edge(width)) return VITGEN_PREPROCESS_E_SIZE;
  if (int64_t{height} * width > VITGEN_PREPROCESS_MAX_PIXELS) return VITGEN_PREPROCESS_E_SIZE;
  if (!serves(channels, recipe.channels)) return VITGEN_PREPROCESS_E_CHANNELS;
  const Size image = {height, width};
  const Size resized = resized_size(recipe, image);
  if (!is_resizable(resized.height) || !is_resizable(resized.width)) {
    return VITGEN_PREPROCESS_E_FACTOR;
  }
  geometry->rows = crop_axis(recipe, height, static_cast<int32_t>(resized.height), recipe.crop_h);
  geometry->columns = crop_axis(recipe, width, static_cast<int32_t>(resized.width), recipe.crop_w);
  geometry->vertical_first = is_vertical_first(recipe, image, resized);
  return VITGEN_PREPROCESS_OK;
}

}  // namespace vitgen::rt
