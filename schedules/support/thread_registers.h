#pragma once
// Per-thread registers for what the threads of a GPU block keep between barriers.
//
// A Func that is computed by all threads of a block, outside of their loop, and stored in
// MemoryType::Register (the sums of a tiled matrix product) is allocated by Halide 21 as a whole in
// each thread, and indexed by thread: it ends up in local memory. A thread touches only a few
// elements of it, at constant distances from a first one; with those numbered from 0 the
// compiler keeps them in registers. (Halide does the same by itself after version 21, pull request
// 9343.)

#include <Halide.h>

#include <memory>

namespace vitgen {

/// A lowering pass that renumbers every such allocation. Throws THREAD_REGISTERS if a thread's
/// elements are not at constant distances.
std::shared_ptr<Halide::Internal::IRMutator> thread_registers();

}  // namespace vitgen
