#include "runtime/worker.h"

namespace vitgen::rt {

void worker_reset(Worker& worker) {
  worker.taken.store(0, std::memory_order_relaxed);
  worker.in_task = false;
  worker.code = 0;
  worker.text[0] = '\0';
  worker.scratch.top = 0;
  worker.scratch.depth = 0;
}

void* scratch_take(Scratch& scratch, uint64_t bytes) {
  const uint64_t free_bytes = scratch.capacity - scratch.top;
  if (bytes > free_bytes || scratch.depth == kScratchDepth) return nullptr;
  const uint64_t rounded = (bytes + VITGEN_ALIGNMENT - 1) & ~uint64_t{VITGEN_ALIGNMENT - 1};
  if (rounded > free_bytes) return nullptr;
  uint8_t* block = scratch.base + scratch.top;
  scratch.begins[scratch.depth] = scratch.top;
  scratch.live[scratch.depth++] = true;
  scratch.top += rounded;
  return block;
}

void scratch_give(Scratch& scratch, void* block) {
  if (block == nullptr) return;
  const auto begin = static_cast<uint64_t>(static_cast<uint8_t*>(block) - scratch.base);
  for (uint32_t i = scratch.depth; i > 0; --i) {
    if (scratch.begins[i - 1] != begin || !scratch.live[i - 1]) continue;
    scratch.live[i - 1] = false;
    break;
  }
  while (scratch.depth > 0 && !scratch.live[scratch.depth - 1]) {
    scratch.top = scratch.begins[--scratch.depth];
  }
}

Text worker_fail(Worker& worker, int code) {
  if (worker.code != 0) return {};
  worker.code = code;
  return text_in(worker.text, sizeof worker.text);
}

}  // namespace vitgen::rt
