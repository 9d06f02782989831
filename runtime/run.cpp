// Running images: the batch is cut into buckets, each bucket's steps are called in order.

#include <xmmintrin.h>

#include "runtime/clock.h"
#include "runtime/cuda_run.h"
#include "runtime/halide_abi.h"
#include "runtime/objects.h"
#include "runtime/observe.h"
#include "runtime/parallel.h"
#include "runtime/run_check.h"

namespace vitgen::rt {
namespace {

HalideType halide_type(vitgen_dtype dtype) {
  switch (dtype) {
    case VITGEN_F32:
      return {2, 32, 1};
    case VITGEN_U8:
      return {1, 8, 1};
    case VITGEN_I32:
      return {0, 32, 1};
    case VITGEN_BF16:
      return {1, 16, 1};  // kernels widen it by its bits
    case VITGEN_F16:
      return {2, 16, 1};
  }
  return {0, 0, 0};
}

/// The buffers of one step, as Halide wants them, with the memory of this run.
struct StepBuffers {
  HalideBuffer buffers[VITGEN_MAX_OPERANDS];
  HalideDimension dims[VITGEN_MAX_OPERANDS][VITGEN_MAX_DIMS];
  void* arguments[VITGEN_MAX_OPERANDS];
};

void fill_buffer(const vitgen_operand& operand, uint8_t* host, HalideBuffer& buffer,
                 HalideDimension (&dims)[VITGEN_MAX_DIMS]) {
  int32_t stride = 1;
  for (uint32_t d = 0; d < operand.dims; ++d) {
    dims[d] = {0, operand.extents[d], stride, 0};
    stride *= operand.extents[d];
  }
  buffer = {};
  buffer.host = host;
  buffer.type = halide_type(operand.dtype);
  buffer.dimensions = operand.dims;
  buffer.dim = dims;
}

void fill_step(const vitgen_api_context& context, const BatchRun& run, const vitgen_step& step,
               StepBuffers& out) {
  const vitgen_operand* operands = context.model->table->operands + step.operand_begin;
  for (uint32_t i = 0; i < step.operand_count; ++i) {
    fill_buffer(operands[i], operand_memory(context, run, operands[i]), out.buffers[i],
                out.dims[i]);
    out.arguments[i] = &out.buffers[i];
  }
}

/// Keeps the kernel's own message, where there is one, behind the step's name.
int step_failed(vitgen_api_context& context, const vitgen_step& step, int kernel_code) {
  const Worker& worker = context.workers[0];
  Text text = text_in(context.error, sizeof context.error);
  text << "step " << step.name << " (" << context.model->table->kernels[step.kernel].name << "): ";
  if (worker.code != 0) text << worker.text << ", ";
  text << "code " << kernel_code;
  return VITGEN_API_E_KERNEL;
}

void show_step(const vitgen_api_context& context, uint32_t number, const StepBuffers& buffers) {
  const void* data[VITGEN_MAX_OPERANDS];
  for (uint32_t i = 0; i < context.model->table->steps[number].operand_count; ++i) {
    data[i] = buffers.buffers[i].host;
  }
  tell_observer(context, number, data);
}

int run_step(vitgen_api_context& context, const BatchRun& run, uint32_t number) {
  const vitgen_table& table = *context.model->table;
  const vitgen_step& step = table.steps[number];
  StepBuffers step_buffers;
  fill_step(context, run, step, step_buffers);
  const uint64_t begin = context.step_times != nullptr ? now_ns() : 0;
  const int code = call_kernel(table.kernels[step.kernel].functions[context.model->isa],
                               context.workers, step_buffers.arguments, step.operand_count);
  if (context.step_times != nullptr) context.step_times[number] += now_ns() - begin;
  if (code != 0) return step_failed(context, step, code);
  if (context.observer != nullptr) show_step(context, number, step_buffers);
  return VITGEN_API_OK;
}

int run_bucket(vitgen_api_context& context, const BatchRun& run) {
  const vitgen_bucket& bucket = *run.bucket;
  for (uint32_t s = 0; s < bucket.step_count; ++s) {
    const int code = run_step(context, run, bucket.step_begin + s);
    if (code != VITGEN_API_OK) return code;
  }
  return VITGEN_API_OK;
}

int run_images(vitgen_api_context& context, const Request& request) {
  const vitgen_table& table = *context.model->table;
  uint32_t usable = context.layout.bucket_count;
  for (size_t done = 0; done < request.n;) {
    const BatchRun run = {&request, &next_bucket(table, usable, request.n - done), done};
    const int code = run_bucket(context, run);
    if (code != VITGEN_API_OK) return code;
    done += run.bucket->batch;
  }
  return VITGEN_API_OK;
}

void prepare(vitgen_api_context& context) {
  for (uint32_t i = 0; i < context.worker_count; ++i) worker_reset(context.workers[i]);
  if (context.step_times == nullptr) return;
  for (uint32_t s = 0; s < context.model->table->step_count; ++s) context.step_times[s] = 0;
}

int run_checked(vitgen_api_context& context, const Request& request) {
  const int check = check_request(context, request);
  if (check != VITGEN_API_OK) return check;
  prepare(context);
  if (context.cuda != nullptr) return cuda_run(context, request);
  const unsigned mxcsr = _mm_getcsr();
  _mm_setcsr(kDefaultMxcsr);
  if (context.pool != nullptr) context.pool->begin(context.pool);
  const int code = run_images(context, request);
  if (context.pool != nullptr) context.pool->end(context.pool);
  _mm_setcsr(mxcsr);
  return code;
}

int run_request(vitgen_api_context* context, const Request& request) {
  if (!is_context(context)) return VITGEN_API_E_ARG;
  if (!made_here(context->guard)) return VITGEN_API_E_FORKED;
  if (context->busy.exchange(1, std::memory_order_acquire) != 0) return VITGEN_API_E_BUSY;
  context->error[0] = '\0';
  const int code = run_checked(*context, request);
  context->busy.store(0, std::memory_order_release);
  return code;
}

}  // namespace

int call_kernel(vitgen_kernel_fn function, void* uc, void* const* b, uint32_t count) {
  static_assert(VITGEN_MAX_OPERANDS == 8);
  using V = void*;
  const auto f = reinterpret_cast<void (*)()>(function);
  switch (count) {
    case 1:
      return reinterpret_cast<int (*)(V, V)>(f)(uc, b[0]);
    case 2:
      return reinterpret_cast<int (*)(V, V, V)>(f)(uc, b[0], b[1]);
    case 3:
      return reinterpret_cast<int (*)(V, V, V, V)>(f)(uc, b[0], b[1], b[2]);
    case 4:
      return reinterpret_cast<int (*)(V, V, V, V, V)>(f)(uc, b[0], b[1], b[2], b[3]);
    case 5:
      return reinterpret_cast<int (*)(V, V, V, V, V, V)>(f)(uc, b[0], b[1], b[2], b[3], b[4]);
    case 6:
      return reinterpret_cast<int (*)(V, V, V, V, V, V, V)>(f)(uc, b[0], b[1], b[2], b[3], b[4],
                                                               b[5]);
    case 7:
      return reinterpret_cast<int (*)(V, V, V, V, V, V, V, V)>(f)(uc, b[0], b[1], b[2], b[3], b[4],
                                                                  b[5], b[6]);
    case 8:
      return reinterpret_cast<int (*)(V, V, V, V, V, V, V, V, V)>(f)(uc, b[0], b[1], b[2], b[3],
                                                                     b[4], b[5], b[6], b[7]);
    default:
      return kGenericError;
  }
}

}  // namespace vitgen::rt

using namespace vitgen::rt;

int vitgen_api_run(vitgen_api_context* context, size_t n, const void* input, void* output) {
  return run_request(context, {n, &input, 1, &output, 1});
}

int vitgen_api_run_outputs(vitgen_api_context* context, size_t n, const void* input,
                           void* const* outputs) {
  return run_request(context, {n, &input, 1, outputs, vitgen_rt_table.output_count});
}

int vitgen_api_run_ports(vitgen_api_context* context, size_t n, const void* const* inputs,
                         void* const* outputs) {
  return run_request(
      context, {n, inputs, vitgen_rt_table.input_count, outputs, vitgen_rt_table.output_count});
}

int vitgen_api_run_device(vitgen_api_context* context, size_t n, const void* const* inputs,
                          void* const* outputs, void* stream) {
  return run_request(context, {n, inputs, vitgen_rt_table.input_count, outputs,
                               vitgen_rt_table.output_count, true, stream});
}
