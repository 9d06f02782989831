#pragma once

#include <map>
#include <string>
#include <utility>

#include "tools/tune/child_backend.h"

namespace vitgen {

// Real kernels, but some candidates' objects are those with a fault.
class PlantingBackend final : public TuneBackend {
 public:
  PlantingBackend(const ChildBackendOptions& options, ChildKind kind,
                  std::map<std::string, std::string> objects)
      : real_(options, std::move(kind)), objects_(std::move(objects)) {}

  CompileResult compile(const OpSpec& spec, const Choice& choice) override {
    CompileResult result = real_.compile(spec, choice);
    const auto planted = objects_.find(choice.text());
    if (planted == objects_.end()) return result;
    result.file = {planted->second, 0, 0};
    result.facts = {.loops = 1, .fmas = 8, .vector_bits = 256};  // nothing to see from outside
    return result;
  }
  StepResult check_with(const OpSpec& spec, const KernelFile& file, int threads) override {
    return real_.check_with(spec, file, threads);
  }
  std::unique_ptr<TimingSession> time(const OpSpec& spec,
                                      std::span<const KernelFile> files) override {
    return real_.time(spec, files);
  }
  double now() override { return real_.now(); }

 private:
  ChildBackend real_;
  std::map<std::string, std::string> objects_;
};

}  // namespace vitgen
