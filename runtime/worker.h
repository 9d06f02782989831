#pragma once
// What a kernel sees as its user_context: one Worker per thread that may run its tasks.

#include <atomic>

#include "runtime/table.h"
#include "runtime/text.h"

struct vitgen_api_context;

namespace vitgen::rt {

enum : uint32_t { kScratchDepth = 64, kWorkerTextBytes = 256 };

/// A stack of blocks in memory that belongs to one worker. Halide may free blocks out of order, so
/// a block is reused only when it and all above it are free.
struct Scratch {
  uint8_t* base = nullptr;
  uint64_t capacity = 0;
  uint64_t top = 0;
  uint32_t depth = 0;
  uint64_t begins[kScratchDepth];
  bool live[kScratchDepth];
};

struct alignas(VITGEN_ALIGNMENT) Worker {
  vitgen_api_context* context;
  std::atomic<uint32_t> taken;  ///< a share of a parallel loop runs on this worker now
  bool in_task;                 ///< parallel loops inside a task run serially
  int code;                     ///< first Halide error code of this run, 0 if none
  Scratch scratch;
  char text[kWorkerTextBytes];
};

/// Forgets allocations and errors of an earlier run.
void worker_reset(Worker& worker);

/// `bytes` rounded up to VITGEN_ALIGNMENT; null if the stack cannot hold them.
void* scratch_take(Scratch& scratch, uint64_t bytes);
/// Null is allowed.
void scratch_give(Scratch& scratch, void* block);

/// The text to write into for an error with this code, or an empty one if the worker has an error.
Text worker_fail(Worker& worker, int code);

}  // namespace vitgen::rt
