#include "tools/vitgen/verify_weights.h"

#include <filesystem>
#include <map>

#include "generators/base/file.h"
#include "generators/base/image_limit.h"
#include "generators/weights/float_bits.h"
#include "tools/emit/file_names.h"

namespace vitgen {

namespace {

struct PackedTensor {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

// What the library was generated with stands in its manifest.
PlanOptions plan_options(const JsonFile& manifest) {
  PlanOptions options;
  const auto extent = [&](std::string_view path) {
    const std::int64_t pixels = parse_int(get_string(manifest, path), path);
    if (pixels < 1 || pixels > kMaxImageEdge) {
      json_error(manifest, path, manifest.codes.range, "expected 1..65535 pixels");
    }
    return static_cast<int>(pixels);
  };
  if (find_json(manifest, "model.facts.spec.image_h")) {  // networks without images have no size
    options.image_h = extent("model.facts.spec.image_h");
    options.image_w = extent("model.facts.spec.image_w");
  }
  options.disabled_passes = get_string_array(manifest, "model.facts.without_passes");
  if (find_json(manifest, "model.facts.precision")) {
    options.precision =
        parse_enum<DType>(get_string(manifest, "model.facts.precision"), "precision");
  }
  const std::vector<JsonFile> inputs = json_elements(manifest, "model.inputs");
  if (inputs.empty()) json_error(manifest, "model.inputs", manifest.codes.range, "is empty");
  options.input = parse_enum<DType>(get_string(inputs.front(), "dtype"), "dtype");
  for (const JsonFile& output : json_elements(manifest, "model.outputs")) {
    options.outputs.push_back(get_string(output, "name"));
  }
  return options;
}

std::map<std::string, PackedTensor> packed_tensors(const JsonFile& manifest) {
  std::map<std::string, PackedTensor> tensors;
  constexpr std::int64_t kMaxBytes = std::int64_t{1} << 48;
  for (const JsonFile& tensor : json_elements(manifest, "weights.tensors")) {
    tensors[get_string(tensor, "name")] = {
        static_cast<std::uint64_t>(get_int(tensor, "offset", 0, kMaxBytes)),
        static_cast<std::uint64_t>(get_int(tensor, "bytes", 0, kMaxBytes))};
  }
  return tensors;
}

bool equal_bytes(const RegularFile& file, const PackedTensor& packed, const HostTensor& tensor,
                 DType dtype) {
  const std::vector<std::byte> wanted = stored_bytes(dtype, tensor.values);
  if (packed.bytes != wanted.size()) return false;
  std::vector<std::byte> bytes(packed.bytes);
  file.pread_exact(bytes, packed.offset);
  return bytes == wanted;
}

}  // namespace

namespace {

ModelSource open_as_generated(const JsonFile& manifest, const ModelArguments& given) {
  ModelArguments model = given;
  model.overrides = Fields::parse(get_string(manifest, "model.facts.set"));
  return open_model(model);
}

}  // namespace

WeightsCheck verify_weights(const std::string& directory, const JsonFile& manifest,
                            const ModelArguments& given, Progress& progress) {
  const ModelSource source = open_as_generated(manifest, given);
  const Plan plan = source.model.network.lower(plan_options(manifest));
  const auto packed = packed_tensors(manifest);
  const std::string name = get_string(manifest, "name");
  const auto path = std::filesystem::path(directory) / weights_name(name);
  if (!std::filesystem::exists(path)) {
    throw Error(ExitCode::usage, "WEIGHTS_EMBEDDED",
                "the weights are inside the library: they cannot be compared with the model's",
                "generate with --weights file, or verify without -m");
  }
  const RegularFile file = RegularFile::open(path.string());
  WeightsCheck check;
  progress.begin("compare weights", plan.weights.size());
  for (const Weight& weight : plan.weights) {
    const auto found = packed.find(weight.name);
    if (found == packed.end()) {
      throw Error(ExitCode::bad_input, "MODEL_OTHER",
                  "the library has no tensor " + printable(weight.name) +
                      ": it was generated from another model");
    }
    if (!equal_bytes(file, found->second, evaluate(weight.value, source.weights), weight.dtype)) {
      check.different.push_back(weight.name);
    }
    progress.update(++check.checked, weight.name);
  }
  progress.end();
  return check;
}

}  // namespace vitgen
