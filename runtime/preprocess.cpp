#include "runtime/preprocess.h"

#include "runtime/resample_job.h"
#include "runtime/resample_rows.h"

namespace vitgen::rt {
namespace {

bool overlap(const void* a, size_t a_bytes, const void* b, size_t b_bytes) {
  const uintptr_t begin_a = reinterpret_cast<uintptr_t>(a);
  const uintptr_t begin_b = reinterpret_cast<uintptr_t>(b);
  return begin_a < begin_b + b_bytes && begin_b < begin_a + a_bytes;
}

/// Bytes from the first pixel to the last one, 0 if that does not fit the address space.
size_t span_of(const uint8_t* pixels, int height, ptrdiff_t row_stride, size_t row_bytes) {
  size_t span = 0;
  if (__builtin_mul_overflow(static_cast<size_t>(height - 1), static_cast<size_t>(row_stride),
                             &span) ||
      __builtin_add_overflow(span, row_bytes, &span)) {
    return 0;
  }
  const size_t most = static_cast<size_t>(PTRDIFF_MAX);
  const uintptr_t room = UINTPTR_MAX - reinterpret_cast<uintptr_t>(pixels);
  return span <= most && span <= room ? span : 0;
}

size_t output_bytes(const vitgen_preprocess_recipe& recipe) {
  const size_t element = recipe.pixel_type == VITGEN_PIXEL_F32 ? sizeof(float) : 1;
  return static_cast<size_t>(recipe.crop_h) * static_cast<size_t>(recipe.crop_w) *
         static_cast<size_t>(recipe.channels) * element;
}

int check_buffers(const Job& job, const uint8_t* pixels, size_t span, const void* workspace,
                  size_t workspace_bytes, const void* out) {
  if (workspace_bytes < job.workspace_bytes) return VITGEN_PREPROCESS_E_WORKSPACE;
  const size_t out_bytes = output_bytes(*job.recipe);
  const bool is_float = job.recipe->pixel_type == VITGEN_PIXEL_F32;
  if (is_float && reinterpret_cast<uintptr_t>(out) % alignof(float) != 0) {
    return VITGEN_PREPROCESS_E_ALIGNMENT;
  }
  if (overlap(pixels, span, out, out_bytes) ||
      overlap(workspace, job.workspace_bytes, out, out_bytes) ||
      overlap(workspace, job.workspace_bytes, pixels, span)) {
    return VITGEN_PREPROCESS_E_OVERLAP;
  }
  return VITGEN_PREPROCESS_OK;
}

}  // namespace
}  // namespace vitgen::rt

using namespace vitgen::rt;

size_t vitgen_preprocess_workspace(const vitgen_preprocess_recipe* recipe, int height, int width,
                                   int channels) {
  Job job;
  if (recipe == nullptr) return 0;
  if (plan_job(*recipe, height, width, channels, &job) != VITGEN_PREPROCESS_OK) return 0;
  return job.workspace_bytes;
}

int vitgen_preprocess_u8(const vitgen_preprocess_recipe* recipe, const uint8_t* pixels, int height,
                         int width, ptrdiff_t row_stride, int channels, void* workspace,
                         size_t workspace_bytes, void* out) {
  if (recipe == nullptr || pixels == nullptr || workspace == nullptr || out == nullptr) {
    return VITGEN_PREPROCESS_E_NULL;
  }
  Job job;
  int status = plan_job(*recipe, height, width, channels, &job);
  if (status != VITGEN_PREPROCESS_OK) return status;
  const ptrdiff_t row_bytes = static_cast<ptrdiff_t>(width) * channels;
  if (row_stride < row_bytes) return VITGEN_PREPROCESS_E_STRIDE;
  const size_t span = span_of(pixels, height, row_stride, static_cast<size_t>(row_bytes));
  if (span == 0) return VITGEN_PREPROCESS_E_STRIDE;
  status = check_buffers(job, pixels, span, workspace, workspace_bytes, out);
  if (status != VITGEN_PREPROCESS_OK) return status;

  run_job(job, buffers_in(job, workspace), pixels, row_stride, out);
  return VITGEN_PREPROCESS_OK;
}

const char* vitgen_preprocess_message(int status) {
  switch (status) {
    case VITGEN_PREPROCESS_OK:
      return "ok";
    case VITGEN_PREPROCESS_E_NULL:
      return "recipe, pixels, workspace or output is null";
    case VITGEN_PREPROCESS_E_RECIPE:
      return "the preprocessing recipe of this library is not valid";
    case VITGEN_PREPROCESS_E_SIZE:
      return "image height and width must be 1 to 65535, with at most 2^28 pixels";
    case VITGEN_PREPROCESS_E_CHANNELS:
      return "the image's channels do not match the model's";
    case VITGEN_PREPROCESS_E_STRIDE:
      return "the row stride is less than width * channels, or overflows";
    case VITGEN_PREPROCESS_E_FACTOR:
      return "the image is too long and thin for the model's resize";
    case VITGEN_PREPROCESS_E_WORKSPACE:
      return "the workspace is too small";
    case VITGEN_PREPROCESS_E_ALIGNMENT:
      return "the float output is not 4-byte aligned";
    case VITGEN_PREPROCESS_E_OVERLAP:
      return "pixels, workspace and output overlap";
    default:
      return "unknown preprocessing status";
  }
}

int vitgen_preprocess_scaled_size(int size, double crop_pct) {
  if (size < 1 || !(crop_pct > 0 && crop_pct <= 1)) return 0;
  const double scaled = size / crop_pct;
  return scaled <= static_cast<double>(VITGEN_PREPROCESS_MAX_EDGE) ? static_cast<int>(scaled) : 0;
}
