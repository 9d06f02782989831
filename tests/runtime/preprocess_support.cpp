#include "tests/runtime/preprocess_support.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace vitgen::testing {
namespace {

std::uint8_t draw_value(bool edges, std::uint32_t seed, std::uint32_t y, std::uint32_t x,
                        std::uint32_t c) {
  std::uint32_t h = seed * 0x9E3779B1u + y * 0x85EBCA77u + x * 0xC2B2AE3Du + c * 0x27D4EB2Fu;
  h ^= h >> 15;
  h *= 0x2C1B3CADu;
  h ^= h >> 12;
  h *= 0x297A2D39u;
  h ^= h >> 15;
  const std::uint32_t noise = h >> 24;
  if (edges) return noise >= 128 ? 255 : 0;
  const std::uint32_t wave = (x * 5 + y * 3 + c * 85 + 17 * seed) & 511;
  const std::uint32_t ramp = wave < 256 ? wave : 511 - wave;
  return static_cast<std::uint8_t>((3 * ramp + noise) >> 2);
}

template <typename T>
std::vector<T> run(const vitgen_preprocess_recipe& recipe, const Picture& picture) {
  const std::size_t need =
      vitgen_preprocess_workspace(&recipe, picture.height, picture.width, picture.channels);
  EXPECT_NE(need, 0u);
  GuardedBytes pixels(picture.pixels.size());
  std::copy(picture.pixels.begin(), picture.pixels.end(), pixels.data());
  GuardedBytes workspace(need);
  GuardedBytes out(output_values(recipe) * sizeof(T));
  const int status =
      vitgen_preprocess_u8(&recipe, pixels.data(), picture.height, picture.width, picture.stride(),
                           picture.channels, workspace.data(), need, out.data());
  EXPECT_EQ(status, VITGEN_PREPROCESS_OK) << vitgen_preprocess_message(status);
  std::vector<T> values(output_values(recipe));
  std::memcpy(values.data(), out.data(), out.size());
  return values;
}

}  // namespace

Picture draw(const std::string& kind, std::uint32_t seed, int height, int width, int channels) {
  Picture picture{height, width, channels, {}};
  picture.pixels.reserve(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
                         static_cast<std::size_t>(channels));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        picture.pixels.push_back(draw_value(kind == "edges", seed, static_cast<std::uint32_t>(y),
                                            static_cast<std::uint32_t>(x),
                                            static_cast<std::uint32_t>(c)));
      }
    }
  }
  return picture;
}

GuardedBytes::GuardedBytes(std::size_t bytes, std::uint8_t fill) : size_(bytes) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t inside = (bytes + page - 1) / page * page;
  mapping_bytes_ = inside + 2 * page;
  void* mapping = ::mmap(nullptr, mapping_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) throw std::runtime_error("mmap failed");
  mapping_ = static_cast<std::uint8_t*>(mapping);
  if (inside != 0 && ::mprotect(mapping_ + page, inside, PROT_READ | PROT_WRITE) != 0) {
    throw std::runtime_error("mprotect failed");
  }
  data_ = mapping_ + page + inside - bytes;
  std::fill(mapping_ + page, mapping_ + page + inside, fill);
}

GuardedBytes::~GuardedBytes() { ::munmap(mapping_, mapping_bytes_); }

vitgen_preprocess_recipe make_recipe(vitgen_resize_mode mode, int resize_h, int resize_w,
                                     int crop_h, int crop_w) {
  vitgen_preprocess_recipe recipe{};
  recipe.resize = mode;
  recipe.filter = VITGEN_FILTER_BICUBIC;
  recipe.pass_order = VITGEN_PASSES_PILLOW_13;
  recipe.resize_h = resize_h;
  recipe.resize_w = resize_w;
  recipe.crop = VITGEN_CROP_HALF_EVEN;
  recipe.crop_h = crop_h;
  recipe.crop_w = crop_w;
  recipe.channels = 3;
  recipe.pixel_type = VITGEN_PIXEL_F32;
  for (int c = 0; c < 4; ++c) recipe.mean[c] = recipe.std[c] = 0.5f;
  recipe.rescale = 1.0 / 255;
  return recipe;
}

std::size_t output_values(const vitgen_preprocess_recipe& recipe) {
  return static_cast<std::size_t>(recipe.channels) * static_cast<std::size_t>(recipe.crop_h) *
         static_cast<std::size_t>(recipe.crop_w);
}

std::vector<std::uint8_t> run_u8(vitgen_preprocess_recipe recipe, const Picture& picture) {
  if (recipe.pixel_type == VITGEN_PIXEL_F32) recipe.pixel_type = VITGEN_PIXEL_U8;
  return run<std::uint8_t>(recipe, picture);
}

std::vector<float> run_f32(vitgen_preprocess_recipe recipe, const Picture& picture) {
  recipe.pixel_type = VITGEN_PIXEL_F32;
  return run<float>(recipe, picture);
}

}  // namespace vitgen::testing
