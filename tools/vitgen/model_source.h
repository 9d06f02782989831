#pragma once
// The model that a command line names: a file with its config, or an architecture with a seed.

#include <cstdint>
#include <optional>
#include <string>

#include "generators/models/support/model.h"
#include "tools/emit/library.h"

namespace vitgen {

struct ModelArguments {
  std::string model;   ///< model.safetensors, *.index.json, *.npz or a directory that holds one
  std::string config;  ///< empty: config.json beside the model
  std::string architecture;  ///< with `seed` instead of `model`
  std::optional<std::uint64_t> seed;
  bool strict = false;
  bool follow_symlinks = false;  ///< shards may be links, as in a cache of downloads
  Fields overrides = {};         ///< --set
};

/// The help of `--follow-symlinks`, which every command that reads a model has.
inline constexpr const char* kFollowSymlinksHelp =
    "Read shards that are symbolic links inside the model's folder or download cache";

struct ModelSource {
  Model model;
  WeightSource weights;
  std::vector<SourceFile> files;
  Fields overrides;  ///< what changed the model after its files were read
};

/// The weights file of a model's folder: model.safetensors, its index or model.npz, the first
/// that it has.
std::optional<std::string> find_model_file(const std::string& directory);

/// Throws IO_OPEN for a folder with a checkpoint that PyTorch wrote, saying how to convert it.
void refuse_checkpoint_folder(const std::string& directory);

/// Throws USAGE if neither or both kinds of source are given, and what loading throws.
ModelSource open_model(const ModelArguments& arguments);

}  // namespace vitgen
