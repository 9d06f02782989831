#pragma once
// The model that a command line names: a file with its config, or an architecture with a seed.

#include <cstdint>
#include <optional>
#include <string>

#include "generators/models/support/model.h"
#include "tools/emit/library.h"

namespace vitgen {

struct ModelArguments {
  std::string model;         ///< model.safetensors, *.index.json or a directory that holds one
  std::string config;        ///< empty: config.json beside the model
  std::string architecture;  ///< with `seed` instead of `model`
  std::optional<std::uint64_t> seed;
  bool strict = false;
  Fields overrides;  ///< --set
};

struct ModelSource {
  Model model;
  WeightSource weights;
  std::vector<SourceFile> files;
};

/// Throws USAGE if neither or both kinds of source are given, and what loading throws.
ModelSource open_model(const ModelArguments& arguments);

}  // namespace vitgen
