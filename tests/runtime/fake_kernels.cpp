#include "tests/runtime/fake_kernels.h"

#include <time.h>
#include <xmmintrin.h>

#include <cstring>

#include "tests/runtime/fake_model.h"

namespace vitgen::test {
namespace {

struct Closure {
  const float* input;
  const float* weight;
  float* output;
};

float* floats(rt::HalideBuffer* b) { return reinterpret_cast<float*>(b->host); }

void look_at_mxcsr() { faults().mxcsr |= (_mm_getcsr() ^ 0x1f80u) & ~0x3fu; }

int affine_task(void* uc, int image, uint8_t* closure) {
  const Closure& c = *reinterpret_cast<Closure*>(closure);
  look_at_mxcsr();
  auto* row = static_cast<float*>(halide_malloc(uc, kTokens * sizeof(float)));
  if (row == nullptr) return halide_error_out_of_memory(uc);
  for (int t = 0; t < kTokens; ++t) row[t] = c.input[image * kTokens + t] * c.weight[t];
  for (int t = 0; t < kTokens; ++t) c.output[image * kTokens + t] = row[t] + 1.0f;
  halide_free(uc, row);
  return 0;
}

int fail(void* uc, int index, int code) {
  if (faults().silent) return code;
  return halide_error_access_out_of_bounds(uc, "weight", 0, index, index, 0, 0);
}

int project_task(void* uc, int index, uint8_t* closure) {
  const Closure& c = *reinterpret_cast<Closure*>(closure);
  look_at_mxcsr();
  ++faults().indices_run;
  const int code = faults().failing_code;
  if (code != 0 && (faults().all_fail || faults().failing_index == index)) {
    return fail(uc, index, code);
  }
  // Freed in another order than allocated, as Halide's early frees do.
  auto* first = static_cast<float*>(halide_malloc(uc, 4));
  auto* second = static_cast<float*>(halide_malloc(uc, 100));
  if (first == nullptr || second == nullptr) return halide_error_out_of_memory(uc);
  *second = 0;
  const int image = index / kClasses;
  const int label = index % kClasses;
  halide_free(uc, first);
  for (int t = 0; t < kTokens; ++t) {
    *second += c.input[image * kTokens + t] * c.weight[label * kTokens + t];
  }
  c.output[index] = *second;
  halide_free(uc, second);
  return 0;
}

}  // namespace

int affine(void* uc, rt::HalideBuffer* input, rt::HalideBuffer* scale, rt::HalideBuffer* hidden) {
  if (const int us = faults().delay_us; us != 0) {
    const timespec wait = {0, us * 1000L};
    nanosleep(&wait, nullptr);
  }
  Closure closure = {floats(input), floats(scale), floats(hidden)};
  return halide_do_par_for(uc, affine_task, 0, input->dim[1].extent,
                           reinterpret_cast<uint8_t*>(&closure));
}

int project(void* uc, rt::HalideBuffer* hidden, rt::HalideBuffer* weight,
            rt::HalideBuffer* logits) {
  const uint64_t wanted = faults().greedy ? uint64_t{1} << 40 : kSharedScratch;
  auto* copy = static_cast<float*>(halide_malloc(uc, wanted));
  if (copy == nullptr) return halide_error_out_of_memory(uc);
  memcpy(copy, floats(weight), kClasses * kTokens * sizeof(float));
  Closure closure = {floats(hidden), copy, floats(logits)};
  const int code = halide_do_par_for(uc, project_task, 0, logits->dim[1].extent * kClasses,
                                     reinterpret_cast<uint8_t*>(&closure));
  halide_free(uc, copy);
  return code;
}

int pool(void*, rt::HalideBuffer* hidden, rt::HalideBuffer* pooled) {
  for (int i = 0; i < pooled->dim[1].extent * kPooled; ++i) {
    const float* h = floats(hidden) + 4 * i;
    floats(pooled)[i] = h[0] + h[1] + h[2] + h[3];
  }
  return 0;
}

}  // namespace vitgen::test
