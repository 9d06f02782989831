#include "runtime/cuda_run.h"

#include "runtime/cuda_error.h"
#include "runtime/cuda_launch.h"
#include "runtime/cuda_observe.h"

namespace vitgen::rt {
namespace {

/// One call of run on the device.
struct Call {
  vitgen_api_context& api;
  CudaContext& context;
  const CudaDriver& driver;
  const Request& request;
  CudaStream stream;
  Text& why;
};

int check(const Call& call, CudaResult result, const char* what) {
  return cuda_check(call.driver, result, VITGEN_API_E_KERNEL, what, call.why);
}

int check_copy(const Call& call, CudaResult result, const vitgen_port& port) {
  if (result == kCudaSuccess) return VITGEN_API_OK;
  call.why << "copying '" << port.name << "': ";
  return cuda_error(call.driver, result, VITGEN_API_E_KERNEL, "cuMemcpyAsync", call.why);
}

int copy_inputs(const Call& call, const BatchRun& run) {
  const vitgen_table& table = *call.api.model->table;
  int code = VITGEN_API_OK;
  for (uint32_t i = 0; i < table.input_count && code == VITGEN_API_OK; ++i) {
    const uint64_t image = port_bytes(table.inputs[i]);
    const auto* from = static_cast<const uint8_t*>(call.request.inputs[i]) + run.first * image;
    const CudaAddress to = input_address(call.context, i);
    const uint64_t bytes = image * run.bucket->batch;
    const CudaResult result = call.request.on_device
                                  ? call.driver.cuMemcpyDtoDAsync_v2(
                                        to, reinterpret_cast<CudaAddress>(from), bytes, call.stream)
                                  : call.driver.cuMemcpyHtoDAsync_v2(to, from, bytes, call.stream);
    code = check_copy(call, result, table.inputs[i]);
  }
  return code;
}

int copy_outputs(const Call& call, const BatchRun& run) {
  const vitgen_table& table = *call.api.model->table;
  int code = VITGEN_API_OK;
  for (uint32_t o = 0; o < call.request.given && code == VITGEN_API_OK; ++o) {
    if (call.request.outputs[o] == nullptr) continue;
    const uint64_t image = port_bytes(table.outputs[o]);
    auto* to = static_cast<uint8_t*>(call.request.outputs[o]) + run.first * image;
    const CudaAddress from = output_address(call.context, o);
    const uint64_t bytes = image * run.bucket->batch;
    const CudaResult result = call.request.on_device
                                  ? call.driver.cuMemcpyDtoDAsync_v2(
                                        reinterpret_cast<CudaAddress>(to), from, bytes, call.stream)
                                  : call.driver.cuMemcpyDtoHAsync_v2(to, from, bytes, call.stream);
    code = check_copy(call, result, table.outputs[o]);
  }
  return code;
}

/// `number` counts the steps of the bucket.
int run_step(const Call& call, const vitgen_bucket& bucket, uint32_t number) {
  const bool timed = call.context.event_count != 0;
  const CudaEvent* events = call.context.events + 2 * number;
  int code = VITGEN_API_OK;
  if (timed) code = check(call, call.driver.cuEventRecord(events[0], call.stream), "cuEventRecord");
  const uint32_t step = bucket.step_begin + number;
  if (code == VITGEN_API_OK) code = cuda_launch_step(call.context, step, call.stream, call.why);
  if (code == VITGEN_API_OK && timed) {
    code = check(call, call.driver.cuEventRecord(events[1], call.stream), "cuEventRecord");
  }
  if (code == VITGEN_API_OK && call.api.observer != nullptr) {
    code = cuda_show_step(call.api, step, call.stream, call.why);
  }
  return code;
}

int add_step_times(const Call& call, const vitgen_bucket& bucket) {
  int code = check(call, call.driver.cuStreamSynchronize(call.stream), "cuStreamSynchronize");
  for (uint32_t s = 0; s < bucket.step_count && code == VITGEN_API_OK; ++s) {
    const CudaEvent* events = call.context.events + 2 * s;
    float milliseconds = 0;
    code = check(call, call.driver.cuEventElapsedTime(&milliseconds, events[0], events[1]),
                 "cuEventElapsedTime");
    call.api.step_times[bucket.step_begin + s] += static_cast<uint64_t>(milliseconds * 1e6f);
  }
  return code;
}

int run_steps(const Call& call, const vitgen_bucket& bucket) {
  int code = VITGEN_API_OK;
  for (uint32_t s = 0; s < bucket.step_count && code == VITGEN_API_OK; ++s) {
    code = run_step(call, bucket, s);
  }
  if (code == VITGEN_API_OK && call.context.event_count != 0) code = add_step_times(call, bucket);
  return code;
}

int run_bucket(const Call& call, const BatchRun& run) {
  int code = copy_inputs(call, run);
  if (code != VITGEN_API_OK) return code;
  const CudaGraphExec graph = call.context.graphs[run.bucket - call.api.model->table->buckets];
  if (graph != nullptr && call.api.observer == nullptr) {
    code = check(call, call.driver.cuGraphLaunch(graph, call.stream), "cuGraphLaunch");
  } else {
    code = run_steps(call, *run.bucket);
  }
  return code == VITGEN_API_OK ? copy_outputs(call, run) : code;
}

int run_images(const Call& call) {
  const size_t n = call.request.n;
  uint32_t usable = call.context.bucket_count;
  for (size_t done = 0; done < n;) {
    const vitgen_bucket& bucket = next_bucket(*call.api.model->table, usable, n - done);
    const int code = run_bucket(call, {&call.request, &bucket, done});
    if (code != VITGEN_API_OK) return code;
    done += bucket.batch;
  }
  return VITGEN_API_OK;
}

/// The first failure counts; but whatever was queued before it must end, or be waited for later.
int run_call(const Call& call) {
  const bool waits =
      !call.request.on_device || call.context.event_count != 0 || call.api.observer != nullptr;
  // What another stream still does on this context's memory comes first.
  int code = check(call, call.driver.cuStreamWaitEvent(call.stream, call.context.done, 0),
                   "cuStreamWaitEvent");
  if (code == VITGEN_API_OK) code = run_images(call);
  const CudaResult end = waits ? call.driver.cuStreamSynchronize(call.stream)
                               : call.driver.cuEventRecord(call.context.done, call.stream);
  if (code != VITGEN_API_OK) return code;
  return check(call, end, waits ? "cuStreamSynchronize" : "cuEventRecord");
}

}  // namespace

int cuda_run(vitgen_api_context& api, const Request& request) {
  CudaContext& context = *api.cuda;
  const CudaDevice& device = context.model->device;
  Text why = text_in(api.error, sizeof api.error);
  int code = cuda_enter(device, why);
  if (code != VITGEN_API_OK) return code;
  const CudaStream stream =
      request.on_device ? static_cast<CudaStream>(request.stream) : context.stream;
  code = run_call({api, context, device.driver, request, stream, why});
  cuda_leave(device);
  return code;
}

}  // namespace vitgen::rt
