#pragma once
// Where the candidates of a request run: what a child does without knowing the machine.

#include <memory>
#include <string>

#include "tools/tune/operand_memory.h"
#include "tools/tune/trial_request.h"

namespace vitgen {

/// Of outputs that are compared with the reference in double precision; those that differ from what
/// another schedule gives are as many again.
inline constexpr std::int64_t kReferenceSamples = 4096;

/// What memory holds after a call.
struct TrialRun {
  std::shared_ptr<const OperandMemory> memory;  ///< until the next run
  std::string fault;  ///< what the kernel did that shows without looking at its output; else empty
};

class TrialRunner {
 public:
  virtual ~TrialRunner() = default;
  /// How often a check calls the kernel.
  virtual int runs() const = 0;
  /// Call number `number` of kernel 0, on operands of the request's seed. Throws what the kernel
  /// says of itself.
  virtual TrialRun run(int number) = 0;
  /// Seconds per call of a sample that is long enough to be timed.
  virtual double sample(std::size_t kernel) = 0;
};

/// On this processor, with the request's threads. Throws as LoadedKernels.
std::unique_ptr<TrialRunner> host_runner(const TrialRequest& request);

/// On the first GPU. Throws as Gpu.
std::unique_ptr<TrialRunner> device_runner(const TrialRequest& request);

}  // namespace vitgen
