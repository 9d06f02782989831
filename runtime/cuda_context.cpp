#include "runtime/cuda_context.h"

#include <stdlib.h>

#include "runtime/cuda_error.h"
#include "runtime/cuda_launch.h"
#include "runtime/cuda_tensor_map.h"

namespace vitgen::rt {
namespace {

/// The largest number of parameters of a launch, and of steps in a bucket; all tensor maps.
struct Extremes {
  uint32_t arguments;
  uint32_t steps;
  uint32_t maps;
};

Extremes extremes_of(const CudaModel& model, uint32_t bucket_count) {
  Extremes most = {0, 0, 0};
  for (uint32_t k = 0; k < model.table->kernel_count; ++k) {
    const vitgen_device_kernel& kernel = device_kernel(model, k);
    for (uint32_t l = 0; l < kernel.launch_count; ++l) {
      const uint32_t count = kernel.launches[l].argument_count;
      if (count > most.arguments) most.arguments = count;
    }
  }
  for (uint32_t b = 0; b < bucket_count; ++b) {
    const vitgen_bucket& bucket = model.table->buckets[b];
    if (bucket.step_count > most.steps) most.steps = bucket.step_count;
    for (uint32_t s = 0; s < bucket.step_count; ++s) {
      const vitgen_step& step = model.table->steps[bucket.step_begin + s];
      most.maps += count_maps(device_kernel(model, step.kernel));
    }
  }
  return most;
}

/// The context and its lists are one block.
CudaContext* allocate(CudaModel& model, uint32_t bucket_count, bool timed) {
  const Extremes most = extremes_of(model, bucket_count);
  const uint32_t events = timed ? 2 * most.steps : 0;
  const size_t slots = size_t{bucket_count} + events + 2 * size_t{most.arguments};
  const size_t lists =
      sizeof(CudaContext) + slots * sizeof(uint64_t) + model.table->step_count * sizeof(uint32_t);
  // Room to begin the maps at a multiple of their alignment.
  auto* block =
      static_cast<uint8_t*>(calloc(1, lists + (size_t{most.maps} + 1) * sizeof(CudaTensorMap)));
  if (block == nullptr) return nullptr;
  auto* context = reinterpret_cast<CudaContext*>(block);
  auto* next = reinterpret_cast<uint64_t*>(block + sizeof(CudaContext));
  static_assert(sizeof(void*) == sizeof(uint64_t));
  context->model = &model;
  context->bucket_count = bucket_count;
  context->event_count = events;
  context->graphs = reinterpret_cast<CudaGraphExec*>(next);
  context->events = reinterpret_cast<CudaEvent*>(next + bucket_count);
  context->values = next + bucket_count + events;
  context->arguments = reinterpret_cast<void**>(context->values + most.arguments);
  context->first_map = reinterpret_cast<uint32_t*>(context->arguments + most.arguments);
  uint8_t* maps = block + lists;
  constexpr size_t kAlignment = alignof(CudaTensorMap);
  maps += (kAlignment - reinterpret_cast<uintptr_t>(maps) % kAlignment) % kAlignment;
  context->maps = reinterpret_cast<CudaTensorMap*>(maps);
  return context;
}

int take_memory(CudaContext& context, Text& why) {
  const CudaDriver& driver = context.model->device.driver;
  const CudaResult result = driver.cuMemAlloc_v2(&context.memory, context.layout.total);
  if (result == kCudaSuccess) return VITGEN_API_OK;
  context.memory = 0;
  why << "context, " << context.layout.total << " bytes: ";
  return cuda_error(driver, result, VITGEN_API_E_DEVICE, "cuMemAlloc", why);
}

int make_events(CudaContext& context, Text& why) {
  const CudaDriver& driver = context.model->device.driver;
  CudaResult result = driver.cuEventCreate(&context.done, kCudaEventDisableTiming);
  for (uint32_t i = 0; i < context.event_count && result == kCudaSuccess; ++i) {
    result = driver.cuEventCreate(&context.events[i], kCudaEventDefault);
  }
  return cuda_check(driver, result, VITGEN_API_E_DEVICE, "cuEventCreate", why);
}

int make_graphs(CudaContext& context, Text& why) {
  int code = VITGEN_API_OK;
  for (uint32_t b = 0; b < context.bucket_count && code == VITGEN_API_OK; ++b) {
    code = cuda_capture(context, context.model->table->buckets[b], context.graphs[b], why);
  }
  if (code != VITGEN_API_OK) return code;
  const CudaDriver& driver = context.model->device.driver;
  return cuda_check(driver, driver.cuStreamSynchronize(context.stream), VITGEN_API_E_DEVICE,
                    "cuStreamSynchronize", why);
}

int build(CudaContext& context, uint32_t flags, Text& why) {
  const CudaDriver& driver = context.model->device.driver;
  int code = take_memory(context, why);
  if (code == VITGEN_API_OK) {
    code = cuda_check(driver, driver.cuStreamCreate(&context.stream, kCudaStreamNonBlocking),
                      VITGEN_API_E_DEVICE, "cuStreamCreate", why);
  }
  if (code == VITGEN_API_OK) code = make_events(context, why);
  if (code == VITGEN_API_OK) code = cuda_encode_maps(context, why);
  // Events inside of a graph cannot be timed.
  enum : uint32_t { kOneByOne = VITGEN_API_NO_GRAPH | VITGEN_API_TIME_STEPS };
  if (code == VITGEN_API_OK && (flags & kOneByOne) == 0) code = make_graphs(context, why);
  return code;
}

void release(CudaContext& context) {
  const CudaDriver& driver = context.model->device.driver;
  if (context.done != nullptr) {
    driver.cuEventSynchronize(context.done);
    driver.cuEventDestroy_v2(context.done);
  }
  for (uint32_t i = 0; i < context.event_count; ++i) {
    if (context.events[i] != nullptr) driver.cuEventDestroy_v2(context.events[i]);
  }
  for (uint32_t b = 0; b < context.bucket_count; ++b) {
    if (context.graphs[b] != nullptr) driver.cuGraphExecDestroy(context.graphs[b]);
  }
  if (context.stream != nullptr) driver.cuStreamDestroy_v2(context.stream);
  if (context.memory != 0) driver.cuMemFree_v2(context.memory);
}

}  // namespace

int cuda_context_create(CudaModel& model, uint32_t bucket_count, uint32_t flags, CudaContext*& out,
                        Text& why) {
  out = nullptr;
  const CudaLayout layout = cuda_layout(*model.table, model.isa, bucket_count);
  CudaContext* context = layout.total == 0
                             ? nullptr
                             : allocate(model, bucket_count, (flags & VITGEN_API_TIME_STEPS) != 0);
  if (context == nullptr) {
    why << (layout.total == 0 ? "context: the arena's size overflows" : "context: no memory");
    return VITGEN_API_E_RESOURCES;
  }
  context->layout = layout;
  int code = cuda_enter(model.device, why);
  if (code == VITGEN_API_OK) {
    code = build(*context, flags, why);
    cuda_leave(model.device);
  }
  if (code != VITGEN_API_OK) {
    cuda_context_destroy(context);
    return code;
  }
  out = context;
  return VITGEN_API_OK;
}

void cuda_context_destroy(CudaContext* context) {
  if (context == nullptr) return;
  const CudaModel& model = *context->model;
  Text ignored;
  if (made_here(model.guard) && cuda_enter(model.device, ignored) == VITGEN_API_OK) {
    release(*context);
    cuda_leave(model.device);
  }
  free(context->mirror);
  free(context);
}

}  // namespace vitgen::rt
