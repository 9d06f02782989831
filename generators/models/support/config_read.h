#pragma once
// Reading hyper-parameters: what both kinds of config have in common.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "generators/base/json.h"
#include "generators/models/support/vit_model.h"
#include "generators/ops/support/epilogue.h"

namespace vitgen {

/// Larger than any budget and small enough for exact products in double; `check(VitSpec)` says
/// what a size would cost.
inline constexpr std::int64_t any_extent = std::int64_t{1} << 40;

/// A positive extent, required.
std::int64_t read_extent(const JsonFile& file, std::string_view key);
std::int64_t read_extent_or(const JsonFile& file, std::string_view key, std::int64_t fallback);

/// "224" or "[224, 224]": height and width.
struct Size {
  std::int64_t h = 0;
  std::int64_t w = 0;
};
Size read_size(const JsonFile& file, std::string_view key);

/// An activation by the name that PyTorch libraries give it; unknown: CFG_UNSUPPORTED.
Activation read_activation(const JsonFile& file, std::string_view key, std::string_view fallback);

/// Throws CFG_RANGE unless each key that is there is a probability.
void check_probabilities(const JsonFile& file, std::initializer_list<std::string_view> keys);

/// One notice for each key of the top level that is not among `known`.
void note_unknown_keys(const JsonFile& file, std::span<const std::string_view> known,
                       std::vector<std::string>& notices);
inline void note_unknown_keys(const JsonFile& file, std::initializer_list<std::string_view> known,
                              std::vector<std::string>& notices) {
  note_unknown_keys(file, std::span(known.begin(), known.size()), notices);
}

/// Class names from a list, or from an object {"0": name, ...}; gaps are empty names. An index past
/// 2^20 is CFG_RANGE.
std::vector<std::string> read_labels(const JsonFile& file, std::string_view key);

/// Mean, std and peak of the recipe become those of the spec.
template <class Spec>
void set_normalisation(Spec& spec, const Preprocess& recipe) {
  spec.mean = recipe.mean;
  spec.std_dev = recipe.std_dev;
  spec.pixel_peak = static_cast<float>(1 / recipe.rescale);
}

}  // namespace vitgen
