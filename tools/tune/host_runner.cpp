#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "generators/ops/support/ops_table.h"
#include "tools/tune/racing.h"
#include "tools/tune/trial_runner.h"

namespace vitgen {

namespace {

constexpr int kMostCalls = 100000;

// Operands that lie as in a library, and what is known of the calls on them.
class Timing {
 public:
  Timing(const TrialRequest& request, LoadedKernels& kernels)
      : kernels_(kernels),
        memory_(fill_operands(operands(request.spec), request.seed, Placement::aligned)),
        rotated_(rotate_weights(memory_, request.rotate_bytes)),
        first_call_(request.kernels.size(), 0) {}

  // Seconds per call of a sample that is long enough to be timed.
  double sample(std::size_t kernel) {
    if (first_call_.at(kernel) <= 0) {
      calls(kernel, 1);  // touches pages and code
      first_call_[kernel] = std::max(calls(kernel, 1), 1e-9);
    }
    const double wanted = std::ceil(kSampleSeconds / first_call_[kernel]);
    return calls(kernel, static_cast<int>(std::clamp<double>(wanted, 1, kMostCalls)));
  }

 private:
  double calls(std::size_t kernel, int count) {
    // The next sets of weights in turn: what the last sample left in the caches is not used again.
    const std::size_t shift = next_ % rotated_.sets.size();
    std::ranges::rotate(rotated_.sets, rotated_.sets.begin() + static_cast<std::ptrdiff_t>(shift));
    next_ = static_cast<std::size_t>(count);
    return kernels_.time(kernel, memory_.operands, rotated_.sets, count);
  }

  LoadedKernels& kernels_;
  OperandMemory memory_;
  RotatedWeights rotated_;
  std::vector<double> first_call_;  // seconds, by kernel
  std::size_t next_ = 0;            // calls since the sets were rotated
};

class HostRunner final : public TrialRunner {
 public:
  explicit HostRunner(const TrialRequest& request) : request_(request), kernels_(request.threads) {
    for (const KernelFile& kernel : request.kernels) kernels_.load(kernel);
  }

  int runs() const override { return static_cast<int>(kPlacements.size()); }

  TrialRun run(int number) override {
    const Placement placement = kPlacements.at(static_cast<std::size_t>(number));
    const auto memory = std::make_shared<OperandMemory>(
        fill_operands(operands(request_.spec), request_.seed, placement));
    kernels_.call(0, memory->operands, memory->pointers());
    return {.memory = memory, .fault = {}};
  }

  double sample(std::size_t kernel) override {
    if (!timing_) timing_.emplace(request_, kernels_);
    return timing_->sample(kernel);
  }

 private:
  static constexpr std::array kPlacements = {Placement::guard_after, Placement::guard_before};

  const TrialRequest& request_;
  LoadedKernels kernels_;
  std::optional<Timing> timing_;
};

}  // namespace

std::unique_ptr<TrialRunner> host_runner(const TrialRequest& request) {
  return std::make_unique<HostRunner>(request);
}

}  // namespace vitgen
