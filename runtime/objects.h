#pragma once
// The two opaque types of the API and the small functions that all API files share.

#include <atomic>

#include "runtime/api.h"
#include "runtime/arena.h"
#include "runtime/fork_guard.h"
#include "runtime/table.h"
#include "runtime/text.h"
#include "runtime/weights.h"
#include "runtime/worker.h"

namespace vitgen::rt {

struct CudaContext;
struct CudaModel;

/// First word of every object, so that a wrong or freed handle is refused instead of followed.
enum : uint32_t { kModelMagic = 0x4d475456, kContextMagic = 0x43475456, kFreedMagic = 0x46475456 };

enum : uint32_t { kErrorTextBytes = 512 };

}  // namespace vitgen::rt

struct vitgen_api_model {
  uint32_t magic;
  uint32_t isa;                    ///< into vitgen_table::isas
  std::atomic<uint32_t> contexts;  ///< alive, in this process or its parent
  const vitgen_table* table;
  vitgen::rt::Weights weights;
  vitgen::rt::CudaModel* cuda;  ///< null: on the CPU
};

struct vitgen_api_context {
  uint32_t magic;
  std::atomic<uint32_t> busy;
  vitgen_api_model* model;
  vitgen::rt::ForkGuard guard;
  vitgen::rt::ArenaLayout layout;
  uint8_t* arena;
  uint64_t mapped_bytes;  ///< of the arena; 0: the caller's memory
  vitgen::rt::Worker* workers;
  uint32_t worker_count;
  bool owns_pool;
  vitgen_pool* pool;                 ///< null: one thread or the caller's way
  vitgen_parallel_for parallel_for;  ///< run is null if not given
  vitgen_api_observer observer;
  void* observer_user;
  uint64_t* step_times;           ///< one per step of the table, or null
  vitgen::rt::CudaContext* cuda;  ///< of a model on a GPU, without arena, threads and pool
  char error[vitgen::rt::kErrorTextBytes];
};

namespace vitgen::rt {

inline bool is_model(const vitgen_api_model* m) { return m != nullptr && m->magic == kModelMagic; }
inline bool is_context(const vitgen_api_context* c) {
  return c != nullptr && c->magic == kContextMagic;
}

/// Runs one step's kernel; 0 or its Halide code.
int call_kernel(vitgen_kernel_fn function, void* user_context, void* const* buffers,
                uint32_t count);

}  // namespace vitgen::rt
