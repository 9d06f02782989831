#include "runtime/parallel.h"

#include <string.h>
#include <xmmintrin.h>

#include "runtime/objects.h"

namespace vitgen::rt {
namespace {

struct Loop {
  vitgen_api_context* context;
  HalideTask task;
  int min;
  uint32_t size;
  uint8_t* closure;
  std::atomic<uint32_t> next;
  std::atomic<int> code;
  const Worker* failed;  // written by the worker that set `code`, read after all have returned
};

int run_serial(Worker& worker, HalideTask task, int min, int size, uint8_t* closure) {
  int code = 0;
  for (int i = 0; i < size && code == 0; ++i) code = task(&worker, min + i, closure);
  return code;
}

void run_indices(Loop& loop, Worker& worker) {
  const bool was_in_task = worker.in_task;
  worker.in_task = true;
  while (loop.code.load(std::memory_order_relaxed) == 0) {
    const uint32_t index = loop.next.fetch_add(1, std::memory_order_relaxed);
    if (index >= loop.size) break;
    const int code = loop.task(&worker, loop.min + static_cast<int>(index), loop.closure);
    int expected = 0;
    if (code != 0 && loop.code.compare_exchange_strong(expected, code)) loop.failed = &worker;
  }
  worker.in_task = was_in_task;
}

/// One worker's share. The caller's parallel_for may be wrong about worker numbers; a number out of
/// range or in use is passed over, since the others and the calling thread do all the work anyway.
void run_share(void* data, int number) {
  Loop& loop = *static_cast<Loop*>(data);
  if (number < 0 || static_cast<uint32_t>(number) >= loop.context->worker_count) return;
  Worker& worker = loop.context->workers[number];
  if (worker.taken.exchange(1, std::memory_order_acquire) != 0) return;
  const unsigned mxcsr = _mm_getcsr();
  _mm_setcsr(kDefaultMxcsr);
  run_indices(loop, worker);
  _mm_setcsr(mxcsr);
  worker.taken.store(0, std::memory_order_release);
}

int run_shares(vitgen_api_context& context, Loop& loop, int count) {
  if (context.pool != nullptr) {
    context.pool->run(context.pool, count, run_share, &loop);
  } else {
    context.parallel_for.run(context.parallel_for.user, count, run_share, &loop);
  }
  // A parallel_for that called no share has left everything to do.
  run_share(&loop, 0);
  return loop.code.load();
}

}  // namespace

int parallel_loop(Worker& caller, HalideTask task, int min, int size, uint8_t* closure) {
  vitgen_api_context& context = *caller.context;
  if (size <= 0) return 0;
  // A loop of one index is no reason to keep loops inside it from running in parallel.
  if (caller.in_task || context.worker_count == 1 || size == 1) {
    return run_serial(caller, task, min, size, closure);
  }
  Loop loop = {&context, task, min, static_cast<uint32_t>(size), closure, {0}, {0}, nullptr};
  const int workers = static_cast<int>(context.worker_count);
  const int code = run_shares(context, loop, size < workers ? size : workers);
  const Worker* failed = loop.failed;
  if (code != 0 && failed != nullptr && failed != &caller && caller.code == 0) {
    caller.code = failed->code;
    memcpy(caller.text, failed->text, sizeof caller.text);
  }
  return code;
}

}  // namespace vitgen::rt
