#pragma once
// How much memory a kernel asks of halide_malloc, read off its lowered code.

#include <Halide.h>

#include <cstdint>

namespace vitgen {

/// Bytes alive at once at most, rounded as the runtime rounds: `shared` in the kernel's own body,
/// `task` in one task of a parallel loop.
struct KernelScratch {
  std::uint64_t shared = 0;
  std::uint64_t task = 0;
};

/// Throws KERNEL_DYNAMIC_SCRATCH if a size is not a constant, KERNEL_NESTED_PARALLEL if tasks start
/// tasks.
KernelScratch kernel_scratch(const Halide::Module& module, const Halide::Target& target);

}  // namespace vitgen
