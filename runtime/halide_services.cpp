// What Halide's kernels call besides libc. The names stay global in the relocatable object; the
// generator renames and hides them for each library.

#include "runtime/parallel.h"

using namespace vitgen::rt;

#pragma GCC visibility push(default)
extern "C" {

void* halide_malloc(void* user_context, size_t bytes) {
  return scratch_take(static_cast<Worker*>(user_context)->scratch, bytes);
}

void halide_free(void* user_context, void* block) {
  scratch_give(static_cast<Worker*>(user_context)->scratch, block);
}

int halide_do_par_for(void* user_context, HalideTask task, int min, int size, uint8_t* closure) {
  return parallel_loop(*static_cast<Worker*>(user_context), task, min, size, closure);
}

}  // extern "C"
#pragma GCC visibility pop
