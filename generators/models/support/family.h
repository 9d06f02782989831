#pragma once
// What a family of models offers, and the table of all families. A family is a header in
// generators/models that defines a type with the members below.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "generators/models/support/model.h"

namespace vitgen {

/// The files of a model, opened. Any of them may be absent.
struct ModelFiles {
  const WeightSource* weights = nullptr;
  std::optional<JsonFile> config;
  std::optional<JsonFile> preprocessor;
  std::string architecture;  ///< wanted by name, without a config
};

struct Family {
  std::string_view name;
  /// Model types and architectures that it reads, for messages.
  std::string (*supported)();
  bool (*recognises)(const ModelFiles& files);
  Model (*load)(const ModelFiles& files, const LoadOptions& options);
};

/// In the order of their file names.
std::span<const Family> all_families();

template <class F>
Family family_entry() {
  return {F::name, &F::supported, &F::recognises, &F::load};
}

}  // namespace vitgen
