#include "tools/gpu_check/library_steps.h"

#include <map>

namespace vitgen {

std::vector<LibraryStep> library_steps(const JsonFile& manifest) {
  std::map<std::string, OpSpec> specs;
  for (const JsonFile& kernel : json_elements(manifest, "kernels")) {
    specs.emplace(get_string(kernel, "name"), OpSpec::parse(get_string(kernel, "spec")));
  }
  std::vector<LibraryStep> steps;
  for (const JsonFile& bucket : json_elements(manifest, "buckets")) {
    const auto batch = static_cast<int>(get_int(bucket, "batch", 1, 1 << 20));
    for (const JsonFile& step : json_elements(bucket, "steps")) {
      const auto found = specs.find(get_string(step, "kernel"));
      if (found == specs.end()) {
        json_error(step, "kernel", step.codes.field, "no kernel of this name in the manifest");
      }
      steps.push_back({get_string(step, "name"), batch, found->second});
    }
  }
  return steps;
}

std::vector<int> library_batches(const JsonFile& manifest) {
  std::vector<int> batches;
  for (const JsonFile& bucket : json_elements(manifest, "buckets")) {
    batches.push_back(static_cast<int>(get_int(bucket, "batch", 1, 1 << 20)));
  }
  return batches;
}

DType library_precision(const JsonFile& manifest) {
  return parse_enum<DType>(get_string_or(manifest, "model.facts.precision", "f32"), "precision");
}

}  // namespace vitgen
