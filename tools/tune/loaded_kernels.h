#pragma once
// Kernels of object files, linked in memory with the runtime that libraries carry and run as a
// library runs them: its thread pool, its parallel loops, its stack of scratch memory. For
// processes that may crash.

#include <Halide.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "generators/base/op_spec.h"

namespace vitgen {

/// A compiled candidate.
struct KernelFile {
  std::string object;                ///< path
  std::uint64_t shared_scratch = 0;  ///< as in KernelObject
  std::uint64_t task_scratch = 0;
  bool operator==(const KernelFile&) const = default;
};

class LoadedKernels {
 public:
  /// Throws KERNEL_LOAD if the runtime cannot be linked, resources NOMEM without memory or threads.
  explicit LoadedKernels(int threads);
  ~LoadedKernels();
  LoadedKernels(const LoadedKernels&) = delete;
  LoadedKernels& operator=(const LoadedKernels&) = delete;

  /// Returns the kernel's number. Throws KERNEL_LOAD.
  std::size_t load(const KernelFile& file);

  /// Calls kernel `number`; `memory` holds the operands in their order. Throws KERNEL_RUN with the
  /// kernel's own words.
  void call(std::size_t number, const std::vector<Operand>& operands,
            const std::vector<void*>& memory);

  /// Seconds per call of `calls` calls in a row, call c with memory[c % memory.size()].
  double time(std::size_t number, const std::vector<Operand>& operands,
              const std::vector<std::vector<void*>>& memory, int calls);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace vitgen
