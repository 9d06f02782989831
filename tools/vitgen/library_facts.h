#pragma once
// A manifest's content as values, for the commands that look into a library.

#include <string>
#include <vector>

#include "generators/base/json.h"
#include "schedules/rule.h"

namespace vitgen {

struct VariantFacts {
  std::string machine;  ///< row name
  Choice choice;
  std::string provenance;
  std::string request_hash;        ///< KernelRequest::hash() when it was made
  std::uint64_t object_bytes = 0;  ///< of a kernel for a GPU all of its code
  std::uint64_t scratch = 0;       ///< shared + task, or on the device, bytes
};

struct KernelFacts {
  std::string name;
  OpSpec spec;
  std::vector<VariantFacts> variants;
};

struct StepFacts {
  std::string name;
  std::size_t kernel = 0;  ///< into LibraryFacts::kernels
  std::vector<std::string> slots;
};

struct BucketFacts {
  int batch = 1;
  std::int64_t arena_bytes = 0;
  std::vector<StepFacts> steps;
};

struct LibraryFacts {
  std::string name;
  std::string model_text;
  DType precision = DType::f32;  ///< of activations in memory
  std::vector<KernelFacts> kernels;
  std::vector<BucketFacts> buckets;  ///< in the order of the library's steps
};

/// Throws MANIFEST-class errors (bad_input) naming what is missing.
LibraryFacts library_facts(const JsonFile& manifest);

}  // namespace vitgen
