#include "tests/cuda/fake/state.h"

#include <unistd.h>

namespace vitgen::fake_cuda {
namespace {

thread_local std::vector<rt::CudaHandle> t_pushed;

/// Whether the failure that a test asked for is due.
bool is_due(Failure& failure, std::string_view function) {
  if (failure.countdown < 0) return false;
  if (!failure.function.empty() && failure.function != function) return false;
  if (failure.countdown-- > 0) return false;
  failure.has_come = true;
  return true;
}

CudaResult answer(State& s, const char* function, Needs needs) {
  ++s.calls[function];
  if (is_due(s.failure, function)) {
    if (s.failure.lost) s.lost = s.failure.result;
    return s.failure.result;
  }
  if (needs == Needs::nothing) return rt::kCudaSuccess;
  if (s.process != getpid()) return rt::kCudaNotInitialized;
  if (needs == Needs::driver) return rt::kCudaSuccess;
  if (t_pushed.empty()) return rt::kCudaInvalidContext;
  return s.lost;
}

}  // namespace

State& state() {
  static State value;
  return value;
}

Call::Call(const char* function, Needs needs)
    : lock_(state().mutex), refused_(answer(state(), function, needs)) {}

std::vector<rt::CudaHandle>& pushed_contexts() { return t_pushed; }

Stream* stream_of(rt::CudaStream handle) {
  return handle == nullptr ? &state().legacy : state().streams.find(handle);
}

CudaResult enqueue(rt::CudaStream handle, Operation operation) {
  Stream* stream = stream_of(handle);
  if (stream == nullptr) return rt::kCudaInvalidHandle;
  if (stream->captures) {
    stream->captured.push_back(std::move(operation));
    return rt::kCudaSuccess;
  }
  stream->queue.push_back(std::move(operation));
  ++stream->queued;
  return rt::kCudaSuccess;
}

CudaResult finish(Stream& stream, std::size_t position) {
  State& s = state();
  while (stream.done < position && s.lost == rt::kCudaSuccess) {
    const Operation operation = std::move(stream.queue.front());
    stream.queue.pop_front();
    ++stream.done;
    const CudaResult result = operation();
    if (s.lost == rt::kCudaSuccess) s.lost = result;
  }
  return s.lost;
}

void set_launch(LaunchFunction function) { state().launch = std::move(function); }

void set_clock(ClockFunction function) { state().clock = std::move(function); }

void reset() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.devices = {90};
  s.retained.clear();
  s.version = 12040;
  s.memory_limit = std::size_t{1} << 30;
  s.launch = nullptr;
  s.clock = nullptr;
  s.process = 0;
  s.lost = rt::kCudaSuccess;
  s.memory.clear();
  s.streams.alive.clear();
  s.legacy = {};
  s.events.alive.clear();
  s.modules.alive.clear();
  s.graphs.alive.clear();
  s.executables.alive.clear();
  s.failure = {};
  s.calls.clear();
}

void mend() { state().lost = rt::kCudaSuccess; }

void set_devices(std::vector<int> capabilities) { state().devices = std::move(capabilities); }
void set_version(int version) { state().version = version; }
void set_memory(std::size_t bytes) { state().memory_limit = bytes; }

void fail(std::string_view function, int nth, int result, bool lost) {
  state().failure = {std::string(function), nth, static_cast<CudaResult>(result), lost, false};
}

void fail_no_more() { state().failure.countdown = -1; }

bool has_failed() { return state().failure.has_come; }

int calls(std::string_view function) {
  const auto found = state().calls.find(function);
  return found == state().calls.end() ? 0 : found->second;
}

Alive alive() {
  const State& s = state();
  long contexts = 0;
  for (const long count : s.retained) contexts += count;
  return {contexts,
          s.modules.count(),
          static_cast<long>(s.memory.size()),
          s.streams.count(),
          s.events.count(),
          s.graphs.count(),
          s.executables.count()};
}

std::size_t pushed() { return t_pushed.size(); }

}  // namespace vitgen::fake_cuda
