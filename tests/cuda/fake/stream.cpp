// Streams and events: work waits in queues.

#include <chrono>

#include "tests/cuda/fake/driver.h"
#include "tests/cuda/fake/state.h"

using namespace vitgen;
using namespace vitgen::rt;
using fake_cuda::Call;
using fake_cuda::Event;
using fake_cuda::finish;
using fake_cuda::Needs;
using fake_cuda::state;
using fake_cuda::Stream;

namespace {

/// The stream of an event may be gone; its work is done then.
CudaResult wait_for(Stream* stream, size_t position) {
  if (stream != &state().legacy && state().streams.find(stream) == nullptr) return kCudaSuccess;
  return finish(*stream, position);
}

double now() {
  if (state().clock) return state().clock();
  const auto time = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

CudaResult cuStreamCreate(CudaStream* stream, unsigned) {
  const Call call("cuStreamCreate", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  *stream = reinterpret_cast<CudaStream>(state().streams.make());
  return kCudaSuccess;
}

CudaResult cuStreamDestroy_v2(CudaStream handle) {
  const Call call("cuStreamDestroy_v2", Needs::context);
  Stream* stream = state().streams.find(handle);
  if (stream == nullptr) return kCudaInvalidHandle;
  finish(*stream, stream->queued);
  state().streams.end(handle);
  return call.refused();
}

CudaResult cuStreamSynchronize(CudaStream handle) {
  const Call call("cuStreamSynchronize", Needs::context);
  Stream* stream = fake_cuda::stream_of(handle);
  if (stream == nullptr || stream->captures) return kCudaInvalidHandle;
  if (call.refused() != kCudaSuccess) {
    // The work has failed, so none of it touches the caller's memory any more.
    stream->queue.clear();
    stream->done = stream->queued;
    return call.refused();
  }
  return finish(*stream, stream->queued);
}

CudaResult cuStreamWaitEvent(CudaStream stream, CudaEvent handle, unsigned) {
  const Call call("cuStreamWaitEvent", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  const Event* event = state().events.find(handle);
  if (event == nullptr) return kCudaInvalidHandle;
  if (event->stream == nullptr) return kCudaSuccess;
  return fake_cuda::enqueue(stream, [waited = event->stream, position = event->position] {
    return wait_for(waited, position);
  });
}

CudaResult cuEventCreate(CudaEvent* event, unsigned) {
  const Call call("cuEventCreate", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  *event = reinterpret_cast<CudaEvent>(state().events.make());
  return kCudaSuccess;
}

CudaResult cuEventDestroy_v2(CudaEvent event) {
  const Call call("cuEventDestroy_v2", Needs::context);
  const bool found = state().events.end(event);
  if (call.refused() != kCudaSuccess) return call.refused();
  return found ? kCudaSuccess : kCudaInvalidHandle;
}

CudaResult cuEventRecord(CudaEvent handle, CudaStream stream_handle) {
  const Call call("cuEventRecord", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  Event* event = state().events.find(handle);
  Stream* stream = fake_cuda::stream_of(stream_handle);
  if (event == nullptr || stream == nullptr) return kCudaInvalidHandle;
  const CudaResult result = fake_cuda::enqueue(stream_handle, [handle] {
    if (Event* alive = state().events.find(handle)) alive->milliseconds = now();
    return kCudaSuccess;
  });
  event->milliseconds = -1;
  event->stream = stream;
  event->position = stream->queued;
  return result;
}

CudaResult cuEventSynchronize(CudaEvent handle) {
  const Call call("cuEventSynchronize", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  const Event* event = state().events.find(handle);
  if (event == nullptr) return kCudaInvalidHandle;
  return event->stream == nullptr ? kCudaSuccess : wait_for(event->stream, event->position);
}

CudaResult cuEventElapsedTime(float* milliseconds, CudaEvent begin_handle, CudaEvent end_handle) {
  const Call call("cuEventElapsedTime", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  const Event* begin = state().events.find(begin_handle);
  const Event* end = state().events.find(end_handle);
  if (begin == nullptr || end == nullptr) return kCudaInvalidHandle;
  if (begin->milliseconds < 0 || end->milliseconds < 0) return kCudaInvalidHandle;
  *milliseconds = static_cast<float>(end->milliseconds - begin->milliseconds);
  return kCudaSuccess;
}
