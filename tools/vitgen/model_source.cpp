#include "tools/vitgen/model_source.h"

#include <fmt/format.h>

#include <filesystem>

#include "generators/base/file.h"
#include "tools/emit/manifest.h"

namespace vitgen {

namespace fs = std::filesystem;

namespace {

// A checkpoint that PyTorch wrote, by its name; of several the first.
std::optional<std::string> find_checkpoint(const std::string& directory) {
  std::optional<std::string> first;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    const bool checkpoint = (name.starts_with("pytorch_model") && name.ends_with(".bin")) ||
                            name.ends_with(".pth") || name.ends_with(".pt");
    if (checkpoint && (!first || name < *first)) first = name;
  }
  return first;
}

// A directory stands for the model file in it, as people download it.
std::string model_file(const std::string& path) {
  if (!fs::is_directory(path)) return path;
  if (const auto file = find_model_file(path)) return *file;
  refuse_checkpoint_folder(path);
  throw Error(
      ExitCode::io, "IO_OPEN",
      printable(path) + ": no model.safetensors, model.safetensors.index.json or model.npz in it",
      "name the weights file with -m");
}

std::optional<std::string> config_file(const ModelArguments& arguments, const std::string& model) {
  if (!arguments.config.empty()) return arguments.config;
  const fs::path beside = fs::path(model).parent_path() / "config.json";
  return fs::exists(beside) ? std::optional(beside.string()) : std::nullopt;
}

SourceFile source_file(const std::string& path) {
  return {.name = fs::path(path).filename().string(), .bytes = fs::file_size(path), .sha256 = {}};
}

ModelSource open_file(const ModelArguments& arguments) {
  const std::string path = model_file(arguments.model);
  const ShardOptions shards = {.follow_symlinks = arguments.follow_symlinks};
  WeightSource weights = WeightSource::open(path, {.shards = shards, .strict = arguments.strict});
  const auto config = config_file(arguments, path);
  Model model =
      load_model(weights, config, {.strict = arguments.strict, .overrides = arguments.overrides});
  std::vector<SourceFile> files = {source_file(path)};
  if (config) files.push_back(source_file(*config));
  return {std::move(model), std::move(weights), std::move(files), arguments.overrides};
}

ModelSource open_architecture(const ModelArguments& arguments) {
  Model model = load_architecture(arguments.architecture,
                                  {.strict = false, .overrides = arguments.overrides});
  WeightSource weights = WeightSource::random(tensors_of(model), *arguments.seed);
  return {std::move(model), std::move(weights), {}, arguments.overrides};
}

}  // namespace

std::optional<std::string> find_model_file(const std::string& directory) {
  for (const char* name : {"model.safetensors", "model.safetensors.index.json", "model.npz"}) {
    if (const fs::path file = fs::path(directory) / name; fs::exists(file)) return file.string();
  }
  return std::nullopt;
}

void refuse_checkpoint_folder(const std::string& directory) {
  const std::optional<std::string> file = find_checkpoint(directory);
  if (!file) return;
  throw Error(ExitCode::io, "IO_OPEN",
              fmt::format("{}: no model.safetensors in it, but {}, which PyTorch wrote",
                          printable(directory), printable(*file)),
              "convert it with tools/pth_to_safetensors.py, which writes model.safetensors");
}

ModelSource open_model(const ModelArguments& arguments) {
  if (arguments.model.empty() == arguments.architecture.empty()) {
    throw Error(
        ExitCode::usage, "USAGE",
        "give a model with -m FILE, or an architecture with --arch NAME --random-weights SEED",
        "vitgen generate --help");
  }
  if (arguments.architecture.empty() != !arguments.seed) {
    throw Error(ExitCode::usage, "USAGE", "--arch and --random-weights go together",
                "for example --arch vit_tiny_patch16_224 --random-weights 1");
  }
  return arguments.model.empty() ? open_architecture(arguments) : open_file(arguments);
}

}  // namespace vitgen
