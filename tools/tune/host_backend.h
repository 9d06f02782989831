#pragma once
// The search's world as it is: kernels compiled, checked and timed by child processes of this
// program on this machine.

#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <string>

#include "generators/base/temp_dir.h"
#include "tools/tune/backend.h"

namespace vitgen {

struct HostBackendOptions {
  const Machine* machine = nullptr;
  std::filesystem::path worker;    ///< a program with kernel-worker and trial-worker
  std::filesystem::path cache;     ///< of compiled kernels
  std::string cpu;                 ///< LLVM's name of this one
  int threads = 1;                 ///< of timed calls
  std::uint64_t rotate_bytes = 0;  ///< of weights: those of the whole model
  std::uint32_t seed = 1;          ///< of the operands
  double compile_seconds = 60;     ///< of one candidate: longer is a blow-up of the code
  double patience_seconds = 20;    ///< of a child to start, beside what its operations take
  StopRequest stop = [] { return false; };
};

class HostBackend final : public TuneBackend {
 public:
  /// Throws io CACHE, IO_CREATE.
  explicit HostBackend(HostBackendOptions options);

  CompileResult compile(const OpSpec& spec, const Choice& choice) override;
  StepResult check_with(const OpSpec& spec, const KernelFile& file, int threads) override;
  std::unique_ptr<TimingSession> time(const OpSpec& spec,
                                      std::span<const KernelFile> files) override;
  double now() override;

 private:
  struct Expected : StepResult {
    std::string file;
  };
  std::string next_file(const TempDir& folder, std::string_view stem);
  std::shared_future<Expected> expected_output(const OpSpec& spec);
  Expected run_fallback(const OpSpec& spec, const std::string& file);

  HostBackendOptions options_;
  TempDir scratch_;
  TempDir compiled_;  // in the cache, for what is not complete
  double start_ = 0;
  std::mutex mutex_;
  std::map<std::string, std::shared_future<Expected>> expected_;  // by spec
  int files_ = 0;
};

}  // namespace vitgen
