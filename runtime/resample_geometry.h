#pragma once
// Which part of the resized image ends up where in the crop, from a recipe and an image's size.

#include "runtime/preprocess.h"
#include "runtime/resample.h"

namespace vitgen::rt {

/// One axis: the resized pixels that the crop shows, and how far from the crop's start they begin
/// (0 unless the resized image is smaller than the crop).
struct CropAxis {
  ResampleAxis source;
  int32_t padding;
};

struct Geometry {
  CropAxis rows;
  CropAxis columns;
  bool vertical_first;
};

/// OK, or E_RECIPE, E_SIZE, E_CHANNELS, E_FACTOR; `geometry` is set if OK.
int plan_geometry(const vitgen_preprocess_recipe& recipe, int height, int width, int channels,
                  Geometry* geometry);

}  // namespace vitgen::rt
