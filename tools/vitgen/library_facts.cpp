#include "tools/vitgen/library_facts.h"

#include <fmt/core.h>

namespace vitgen {

namespace {

constexpr std::int64_t kMaxBytes = std::int64_t{1} << 48;

// What `parse` throws has the class of a command line's error; here a file is wrong.
template <class Parse>
auto parsed(const JsonFile& file, std::string_view key, const Parse& parse) {
  try {
    return parse(get_string(file, key));
  } catch (const Error& error) {
    json_error(file, key, file.codes.field, error.what());
  }
}

OpSpec known_spec(const std::string& text) {
  OpSpec spec = OpSpec::parse(text);
  operands(spec);  // throws if there is no such op or a size is out of range
  return spec;
}

std::uint64_t size_of(const JsonFile& file, std::string_view key) {
  return static_cast<std::uint64_t>(get_int(file, key, 0, kMaxBytes));
}

VariantFacts variant_facts(const JsonFile& variant) {
  VariantFacts facts{.machine = get_string(variant, "machine"),
                     .choice = parsed(variant, "choice", Choice::parse),
                     .provenance = get_string(variant, "provenance"),
                     .request_hash = get_string(variant, "request_hash")};
  if (has_value(variant, "device")) {
    for (const JsonFile& code : json_elements(variant, "device.codes")) {
      facts.object_bytes += size_of(code, "bytes");
    }
    facts.scratch = size_of(variant, "device.scratch");
  } else {
    facts.object_bytes = size_of(variant, "object.bytes");
    facts.scratch = size_of(variant, "shared_scratch") + size_of(variant, "task_scratch");
  }
  return facts;
}

KernelFacts kernel_facts(const JsonFile& kernel) {
  KernelFacts facts{.name = get_string(kernel, "name"),
                    .spec = parsed(kernel, "spec", known_spec),
                    .variants = {}};
  for (const JsonFile& variant : json_elements(kernel, "variants")) {
    facts.variants.push_back(variant_facts(variant));
  }
  return facts;
}

StepFacts step_facts(const JsonFile& step, const std::vector<KernelFacts>& kernels) {
  StepFacts facts{
      .name = get_string(step, "name"), .kernel = 0, .slots = get_string_array(step, "slots")};
  const std::string kernel = get_string(step, "kernel");
  while (facts.kernel < kernels.size() && kernels[facts.kernel].name != kernel) ++facts.kernel;
  if (facts.kernel == kernels.size()) {
    json_error(step, "kernel", step.codes.field, "no kernel of this name in the manifest");
  }
  return facts;
}

}  // namespace

LibraryFacts library_facts(const JsonFile& manifest) {
  LibraryFacts facts{.name = get_string(manifest, "name"),
                     .model_text = get_string(manifest, "model.text"),
                     .precision = parse_enum<DType>(
                         get_string_or(manifest, "model.facts.precision", "f32"), "precision"),
                     .kernels = {},
                     .buckets = {}};
  for (const JsonFile& kernel : json_elements(manifest, "kernels")) {
    facts.kernels.push_back(kernel_facts(kernel));
  }
  for (const JsonFile& bucket : json_elements(manifest, "buckets")) {
    facts.buckets.push_back({.batch = static_cast<int>(get_int(bucket, "batch", 1, 1 << 20)),
                             .arena_bytes = get_int(bucket, "arena_bytes", 0, kMaxBytes),
                             .steps = {}});
    for (const JsonFile& step : json_elements(bucket, "steps")) {
      facts.buckets.back().steps.push_back(step_facts(step, facts.kernels));
    }
  }
  return facts;
}

}  // namespace vitgen
