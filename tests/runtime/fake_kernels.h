#pragma once
// The kernels of the fake model, with the runtime's Halide services as Halide's code declares them.

#include "runtime/halide_abi.h"

extern "C" {
void* halide_malloc(void* user_context, size_t bytes);
void halide_free(void* user_context, void* block);
int halide_do_par_for(void* user_context, vitgen::rt::HalideTask task, int min, int size,
                      uint8_t* closure);
int halide_error_out_of_memory(void* user_context);
int halide_error_access_out_of_bounds(void* user_context, const char* name, int dimension,
                                      int min_touched, int max_touched, int min_valid,
                                      int max_valid);
}

namespace vitgen::test {

int affine(void* uc, rt::HalideBuffer* input, rt::HalideBuffer* scale, rt::HalideBuffer* hidden);
int project(void* uc, rt::HalideBuffer* hidden, rt::HalideBuffer* weight, rt::HalideBuffer* logits);
int pool(void* uc, rt::HalideBuffer* hidden, rt::HalideBuffer* pooled);

/// Bytes that "affine" and "project" take inside a task, and "project" outside of its loop.
inline constexpr uint64_t kTaskScratch = 256;
inline constexpr uint64_t kSharedScratch = 1024;

}  // namespace vitgen::test
