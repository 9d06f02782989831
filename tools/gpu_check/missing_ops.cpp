#include "tools/gpu_check/missing_ops.h"

#include "tools/emit/manifest.h"
#include "tools/gpu_check/library_steps.h"
#include "tools/verify/reference/reference.h"

namespace vitgen {

std::vector<std::string> missing_ops(const std::set<std::string>& seen) {
  std::vector<std::string> missing;
  for (const ReferenceEntry& entry : all_references()) {
    if (!seen.contains(std::string(entry.op))) missing.emplace_back(entry.op);
  }
  return missing;
}

std::vector<std::string> missing_ops_of(const std::vector<std::string>& directories) {
  std::set<std::string> seen;
  for (const std::string& directory : directories) {
    for (const LibraryStep& step : library_steps(read_manifest(directory))) {
      seen.insert(step.spec.op);
    }
  }
  return missing_ops(seen);
}

}  // namespace vitgen
