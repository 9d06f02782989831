#pragma once
// Images drawn from a seed, buffers between guard pages, and one call of the preprocessing.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/preprocess.h"

namespace vitgen::testing {

struct Picture {
  int height = 0;
  int width = 0;
  int channels = 0;
  std::vector<std::uint8_t> pixels;

  std::ptrdiff_t stride() const { return std::ptrdiff_t{width} * channels; }
};

/// The image that tools/make_image_fixtures.py draws: kind "photo" (a ramp and noise) or "edges"
/// (0 and 255 at random).
Picture draw(const std::string& kind, std::uint32_t seed, int height, int width, int channels);

/// `bytes` of memory that end at a page without access and begin after one; filled with `fill`.
class GuardedBytes {
 public:
  explicit GuardedBytes(std::size_t bytes, std::uint8_t fill = 0xa5);
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  ~GuardedBytes();

  std::uint8_t* data() { return data_; }
  std::size_t size() const { return size_; }

 private:
  std::uint8_t* mapping_;
  std::size_t mapping_bytes_;
  std::uint8_t* data_;
  std::size_t size_;
};

/// Resize to resize_h x resize_w by `mode`, crop to crop_h x crop_w, 3 channels of floats.
vitgen_preprocess_recipe make_recipe(vitgen_resize_mode mode, int resize_h, int resize_w,
                                     int crop_h, int crop_w);

std::size_t output_values(const vitgen_preprocess_recipe& recipe);

/// Runs the recipe with exactly the workspace that it asks for, all of it, the pixels and the
/// output between guard pages; fails the test when the status is not OK.
std::vector<std::uint8_t> run_u8(vitgen_preprocess_recipe recipe, const Picture& picture);
std::vector<float> run_f32(vitgen_preprocess_recipe recipe, const Picture& picture);

}  // namespace vitgen::testing
