// Making and ending a context: all memory and threads that its runs need.

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/cpu_count.h"
#include "runtime/cuda_context.h"
#include "runtime/objects.h"
#include "runtime/options.h"
#include "runtime/pool.h"
#include "runtime/threads.h"

namespace vitgen::rt {
namespace {

enum : uint32_t {
  kKnownFlags = VITGEN_API_EXACT_THREADS | VITGEN_API_TIME_STEPS | VITGEN_API_NO_GRAPH
};

int fail(Text& why, int code, const char* words) {
  why << words;
  return code;
}

int check_parallel(const vitgen_api_context_options& options, Text& why) {
  const vitgen_parallel_for* own = options.parallel_for;
  if (own != nullptr && options.pool != nullptr) {
    return fail(why, VITGEN_API_E_ARG, "options: parallel_for and pool are both set");
  }
  if (own != nullptr && (own->struct_size < sizeof *own || own->run == nullptr ||
                         own->max_workers < 1 || own->max_workers > kMaxThreads)) {
    why << "options: parallel_for needs struct_size, run and max_workers in 1.."
        << int{kMaxThreads};
    return VITGEN_API_E_ARG;
  }
  if (options.pool != nullptr && !pool_is_valid(options.pool)) {
    return fail(why, VITGEN_API_E_ARG, "options: pool is not a pool of this version");
  }
  return VITGEN_API_OK;
}

int check_numbers(const vitgen_api_context_options& options, Text& why) {
  if ((options.flags & ~kKnownFlags) != 0) {
    return fail(why, VITGEN_API_E_ARG, "options: flags has a bit that this library does not know");
  }
  if (options.threads < 0 || options.threads > kMaxThreads) {
    why << "options: threads is not in 0.." << int{kMaxThreads};
    return VITGEN_API_E_ARG;
  }
  if (options.max_batch < 0) return fail(why, VITGEN_API_E_ARG, "options: max_batch is negative");
  if (reinterpret_cast<uintptr_t>(options.memory) % VITGEN_ALIGNMENT != 0) {
    why << "options: memory is not aligned to " << int{VITGEN_ALIGNMENT} << " bytes";
    return VITGEN_API_E_ARG;
  }
  return check_parallel(options, why);
}

int worker_count(const vitgen_api_model& model, const vitgen_api_context_options& options) {
  if (model.cuda != nullptr) return 1;
  if (options.parallel_for != nullptr) return options.parallel_for->max_workers;
  if (options.pool != nullptr) return options.pool->workers;
  return thread_count(options.threads, options.flags);
}

/// The context, its workers and its step times are one block; the arena is another one.
vitgen_api_context* allocate_context(const vitgen_table& table, uint32_t workers, uint32_t flags) {
  static_assert(sizeof(Worker) % VITGEN_ALIGNMENT == 0);
  const size_t head =
      (sizeof(vitgen_api_context) + VITGEN_ALIGNMENT - 1) / VITGEN_ALIGNMENT * VITGEN_ALIGNMENT;
  const bool timed = (flags & VITGEN_API_TIME_STEPS) != 0;
  const size_t times = timed ? size_t{table.step_count} * sizeof(uint64_t) : 0;
  const size_t bytes = head + workers * sizeof(Worker) + times;
  const size_t rounded = (bytes + VITGEN_ALIGNMENT - 1) / VITGEN_ALIGNMENT * VITGEN_ALIGNMENT;
  auto* block = static_cast<uint8_t*>(aligned_alloc(VITGEN_ALIGNMENT, rounded));
  if (block == nullptr) return nullptr;
  memset(block, 0, rounded);
  auto* context = reinterpret_cast<vitgen_api_context*>(block);
  context->worker_count = workers;
  context->workers = reinterpret_cast<Worker*>(block + head);
  if (timed) {
    context->step_times = reinterpret_cast<uint64_t*>(block + head + workers * sizeof(Worker));
  }
  return context;
}

bool take_arena(vitgen_api_context& context, const vitgen_api_context_options& options, Text& why) {
  const uint64_t bytes = context.layout.total;
  if (options.memory != nullptr) {
    context.arena = static_cast<uint8_t*>(options.memory);
    return true;
  }
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    why << "context: no memory for an arena of " << bytes << " bytes";
    return false;
  }
  madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: a few entries of the TLB then cover it
  context.arena = static_cast<uint8_t*>(memory);
  context.mapped_bytes = bytes;
  return true;
}

void place_workers(vitgen_api_context& context) {
  uint8_t* next = context.arena + context.layout.scratch_begin;
  for (uint32_t i = 0; i < context.worker_count; ++i) {
    Worker& worker = context.workers[i];
    worker.context = &context;
    worker.scratch.base = next;
    worker.scratch.capacity = i == 0 ? context.layout.first_scratch : context.layout.other_scratch;
    next += worker.scratch.capacity;
    worker_reset(worker);
  }
}

int take_threads(vitgen_api_context& context, const vitgen_api_context_options& options,
                 Text& why) {
  if (options.parallel_for != nullptr) {
    memcpy(&context.parallel_for, options.parallel_for, sizeof context.parallel_for);
    return VITGEN_API_OK;
  }
  if (options.pool != nullptr) {
    if (options.pool->attach(options.pool) != 0) {
      return fail(why, VITGEN_API_E_FORKED, "context: the pool belongs to the parent process");
    }
    context.pool = options.pool;
    return VITGEN_API_OK;
  }
  if (context.worker_count == 1) return VITGEN_API_OK;
  context.owns_pool = true;
  return start_pool(static_cast<int>(context.worker_count), options.spin_us, context.pool, why);
}

/// Undoes whatever part of a context exists; in a child process only memory is left to give back.
void dismantle(vitgen_api_context& context) {
  if (context.pool != nullptr) {
    if (context.owns_pool) {
      context.pool->destroy(context.pool);
    } else {
      context.pool->detach(context.pool);
    }
  }
  cuda_context_destroy(context.cuda);
  if (context.mapped_bytes != 0) munmap(context.arena, context.mapped_bytes);
  fork_guard_free(context.guard);
  const_cast<volatile uint32_t&>(context.magic) = kFreedMagic;
  free(&context);
}

int build(vitgen_api_context& context, const vitgen_api_context_options& options, Text& why) {
  if (!fork_guard_make(context.guard)) {
    return fail(why, VITGEN_API_E_RESOURCES, "context: no memory for a page");
  }
  CudaModel* cuda = context.model->cuda;
  if (cuda != nullptr) {
    return cuda_context_create(*cuda, context.layout.bucket_count, options.flags, context.cuda,
                               why);
  }
  if (!take_arena(context, options, why)) return VITGEN_API_E_RESOURCES;
  place_workers(context);
  return take_threads(context, options, why);
}

int check_layout(const vitgen_api_model& model, const ArenaLayout& layout,
                 const vitgen_api_context_options& options, Text& why) {
  if (layout.bucket_count == 0) {
    return fail(why, VITGEN_API_E_ARG, "options: max_batch is below the smallest bucket");
  }
  if (model.cuda != nullptr) return VITGEN_API_OK;  // of the layout it takes the buckets only
  if (layout.total == 0) {
    return fail(why, VITGEN_API_E_RESOURCES, "context: the arena's size overflows");
  }
  if (options.memory != nullptr && options.memory_bytes < layout.total) {
    why << "options: memory_bytes is " << options.memory_bytes << ", " << layout.total
        << " are needed";
    return VITGEN_API_E_ARG;
  }
  return VITGEN_API_OK;
}

int create(vitgen_api_model& model, const vitgen_api_context_options& options,
           vitgen_api_context*& out, Text& why) {
  if (model.cuda != nullptr && !made_here(model.cuda->guard)) {
    return fail(why, VITGEN_API_E_FORKED, "model: on a GPU, and made by the parent process");
  }
  int code = check_numbers(options, why);
  if (code != VITGEN_API_OK) return code;
  const auto workers = static_cast<uint32_t>(worker_count(model, options));
  const ArenaLayout layout =
      arena_layout(*model.table, model.isa, workers, static_cast<uint32_t>(options.max_batch));
  code = check_layout(model, layout, options, why);
  if (code != VITGEN_API_OK) return code;
  vitgen_api_context* context = allocate_context(*model.table, workers, options.flags);
  if (context == nullptr) return fail(why, VITGEN_API_E_RESOURCES, "context: no memory");
  context->magic = kContextMagic;
  context->model = &model;
  context->layout = layout;
  code = build(*context, options, why);
  if (code != VITGEN_API_OK) {
    dismantle(*context);
    return code;
  }
  model.contexts.fetch_add(1);
  out = context;
  return VITGEN_API_OK;
}

}  // namespace
}  // namespace vitgen::rt

using namespace vitgen::rt;

int vitgen_api_context_create(vitgen_api_model* model, const vitgen_api_context_options* given,
                              vitgen_api_context** out) {
  if (out != nullptr) *out = nullptr;
  vitgen_api_context_options options;
  const OptionsCheck check = options_copy(given, options);
  if (check == kOptionsTooSmall) return VITGEN_API_E_ARG;
  Text why = text_in(options.error_text, options.error_text_bytes);
  if (check == kOptionsUnknownField) {
    return fail(why, VITGEN_API_E_ARG, "options: a field is set that this library does not know");
  }
  if (!is_model(model)) return fail(why, VITGEN_API_E_ARG, "model: null or not open");
  if (out == nullptr) return fail(why, VITGEN_API_E_ARG, "out: null");
  return create(*model, options, *out, why);
}

int vitgen_api_context_destroy(vitgen_api_context* context) {
  if (context == nullptr) return VITGEN_API_OK;
  if (!is_context(context)) return VITGEN_API_E_ARG;
  // In a child nobody else runs on it, even if a run was under way in the parent when it forked.
  if (made_here(context->guard) && context->busy.exchange(1) != 0) return VITGEN_API_E_BUSY;
  vitgen_api_model* model = context->model;
  dismantle(*context);
  model->contexts.fetch_sub(1);
  return VITGEN_API_OK;
}

size_t vitgen_api_arena_bytes(int threads, int max_batch) {
  if (threads < 1 || threads > kMaxThreads || max_batch < 0) return 0;
  return arena_layout(vitgen_rt_table, vitgen_rt_table.isa_count, static_cast<uint64_t>(threads),
                      static_cast<uint32_t>(max_batch))
      .total;
}
