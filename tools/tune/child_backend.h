#pragma once
// The search's world as it is: kernels compiled, checked and timed by child processes of this
// program, on this computer's processor (host_kind.h) or on its GPU (device_kind.h).

#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>

#include "generators/base/temp_dir.h"
#include "tools/emit/assembler.h"
#include "tools/tune/backend.h"
#include "tools/tune/trial_request.h"

namespace vitgen {

/// What differs between machines that candidates run on.
struct ChildKind {
  bool on_device = false;
  Assembler assembler = {};  ///< of code for a GPU, where there is one
  /// Of a compiled candidate, by its path.
  std::function<CodeFacts(const std::string&)> facts;
  /// Address space of a child that runs candidates, beside that of operands; 0: no limit.
  std::uint64_t memory_bytes = 0;
  double flops_per_second = 0;  ///< that the slowest sound candidate reaches
  int children = 0;             ///< that may run candidates at a time; 0: as many as like
};

struct ChildBackendOptions {
  const Machine* machine = nullptr;
  std::filesystem::path worker;    ///< a program with kernel-worker and trial-worker
  std::filesystem::path cache;     ///< of compiled kernels
  int threads = 1;                 ///< of timed calls
  std::uint64_t rotate_bytes = 0;  ///< of weights: those of the whole model
  std::uint32_t seed = 1;          ///< of the operands
  double compile_seconds = 60;     ///< of one candidate: longer is a blow-up of the code
  double patience_seconds = 20;    ///< of a child to start, beside what its operations take
  StopRequest stop = [] { return false; };
};

class ChildBackend final : public TuneBackend {
 public:
  /// Throws io CACHE, IO_CREATE.
  ChildBackend(ChildBackendOptions options, ChildKind kind);

  CompileResult compile(const OpSpec& spec, const Choice& choice) override;
  /// On a GPU, where no thread of the processor works, the kernel runs as many times instead.
  StepResult check_with(const OpSpec& spec, const KernelFile& file, int threads) override;
  std::unique_ptr<TimingSession> time(const OpSpec& spec,
                                      std::span<const KernelFile> files) override;
  double now() override;

 private:
  struct Expected {
    StepResult step;
    std::string file;
  };
  std::string next_file(const TempDir& folder, std::string_view stem);
  double patience(const OpSpec& spec) const;
  TrialRequest request_for(const OpSpec& spec, std::span<const KernelFile> files) const;
  StepResult run_trial(std::string_view task, const TrialRequest& request);
  std::shared_future<Expected> expected_output(const OpSpec& spec);
  Expected run_for_output(const OpSpec& spec);

  ChildBackendOptions options_;
  ChildKind kind_;
  TempDir scratch_;
  TempDir compiled_;  // in the cache, for what is not complete
  double start_ = 0;
  std::mutex mutex_;
  std::map<std::string, std::shared_future<Expected>> expected_;  // by spec
  int files_ = 0;
  std::unique_ptr<std::counting_semaphore<>> places_;  // for children; null: there is no limit
};

}  // namespace vitgen
