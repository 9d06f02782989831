// vitgen inspect: what is in a weights file or in a generated library.

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "generators/base/counted.h"
#include "generators/weights/weight_source.h"
#include "tools/emit/file_names.h"
#include "tools/emit/manifest.h"
#include "tools/vitgen/build_library.h"
#include "tools/vitgen/command.h"
#include "tools/vitgen/library_facts.h"

namespace vitgen {

void add_inspect(CLI::App& app, const Console& console);

namespace {

std::string size_text(double bytes) {
  for (const char* unit : {"B", "KiB", "MiB"}) {
    if (bytes < 1024) return fmt::format("{:.{}f} {}", bytes, unit[0] == 'B' ? 0 : 1, unit);
    bytes /= 1024;
  }
  return fmt::format("{:.1f} GiB", bytes);
}

struct InspectArguments {
  std::string what;
  std::string config;
  bool follow_symlinks = false;
};

void inspect_weights(const std::string& path, bool follow_symlinks) {
  const WeightSource source =
      WeightSource::open(path, {.shards = {.follow_symlinks = follow_symlinks}, .strict = false});
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;
  for (const TensorInfo& tensor : source.tensors()) {
    fmt::print("{:<56} {:<6} {}\n", printable(tensor.name), dtype_name(tensor.dtype),
               shape_text(tensor.shape));
    elements += element_count(tensor.shape);
    bytes += tensor.byte_count();
  }
  fmt::print("{}, {}, {}\n", counted(source.tensors().size(), "tensor"), counted(elements, "value"),
             size_text(static_cast<double>(bytes)));
}

// What `generate` would make of it, or why it cannot: a file of other tensors is worth a look, too.
void inspect_model(const std::string& path, const InspectArguments& arguments) {
  ModelArguments model;
  model.model = path;
  model.config = arguments.config;
  model.follow_symlinks = arguments.follow_symlinks;
  try {
    const ModelSource source = open_model(model);
    fmt::print("{}\n", model_text(source.model, source.model.network));
    for (const auto& [key, value] : source.model.network.fields().values) {
      fmt::print("  --set {}={}\n", key, value);
    }
    for (const std::string& notice : source.model.notices) fmt::print("note: {}\n", notice);
  } catch (const Error& error) {
    if (!arguments.config.empty()) throw;
    fmt::print("not a model for `vitgen generate`: {}\n", error.what());
  }
}

void inspect_library(const std::string& directory) {
  const JsonFile manifest = read_manifest(directory);
  const LibraryFacts facts = library_facts(manifest);
  fmt::print("{}: {}\n", printable(facts.name), printable(facts.model_text));
  for (const JsonFile& file : json_elements(manifest, "files")) {
    fmt::print("  file    {:<28} {}\n", printable(get_string(file, "name")),
               size_text(get_number(file, "bytes", 0)));
  }
  for (const JsonFile& machine : json_elements(manifest, "machines")) {
    fmt::print("  target  {}\n", printable(get_string(machine, "target")));
  }
  for (const BucketFacts& bucket : facts.buckets) {
    fmt::print("  batch   {:<4} {} steps, {} of activations\n", bucket.batch, bucket.steps.size(),
               size_text(static_cast<double>(bucket.arena_bytes)));
  }
  fmt::print("  kernels {}\n", facts.kernels.size());
}

// What a path stands for when nothing is there: files of weights have an ending.
bool names_weights(const std::string& path) {
  return path.ends_with(".safetensors") || path.ends_with(".index.json") || path.ends_with(".npz");
}

bool holds_manifest(const std::string& directory) {
  std::error_code ignored;
  const std::filesystem::directory_iterator files(directory, ignored);
  return std::ranges::any_of(files, [](const std::filesystem::directory_entry& entry) {
    return entry.path().string().ends_with(kManifestSuffix);
  });
}

void inspect(const InspectArguments& arguments) {
  namespace fs = std::filesystem;
  const std::string& what = arguments.what;
  std::optional<std::string> weights;
  if (fs::is_directory(what)) {
    weights = find_model_file(what);
    if (!weights && !holds_manifest(what)) refuse_checkpoint_folder(what);
  } else if (!what.ends_with(kManifestSuffix) && (fs::exists(what) || names_weights(what))) {
    weights = what;
  }
  if (!weights) return inspect_library(what);
  inspect_weights(*weights, arguments.follow_symlinks);
  inspect_model(*weights, arguments);
}

}  // namespace

void add_inspect(CLI::App& app, const Console&) {
  auto arguments = std::make_shared<InspectArguments>();
  CLI::App* command = app.add_subcommand(
      "inspect", "List the tensors and settings of a model or the content of a library");
  command
      ->add_option(
          "file-or-directory", arguments->what,
          "model.safetensors, model.safetensors.index.json, model.npz, a model's directory, or "
          "a generated library's")
      ->required();
  command->add_option("--config", arguments->config, "The model's config.json, if not beside it");
  command->add_flag("--follow-symlinks", arguments->follow_symlinks, kFollowSymlinksHelp);
  command->callback([arguments] { inspect(*arguments); });
}

}  // namespace vitgen
