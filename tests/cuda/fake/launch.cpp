// Launches and graphs.

#include <cstring>
#include <utility>

#include "tests/cuda/fake/driver.h"
#include "tests/cuda/fake/state.h"

using namespace vitgen;
using namespace vitgen::rt;
using fake_cuda::Call;
using fake_cuda::Function;
using fake_cuda::Graph;
using fake_cuda::Needs;
using fake_cuda::state;
using fake_cuda::Stream;

namespace {

using Bytes = std::vector<std::byte>;

/// The parameters as they are at the time of the call.
std::vector<Bytes> read_arguments(const Function& function, void** arguments) {
  std::vector<Bytes> values;
  for (size_t i = 0; i < function.argument_bytes.size(); ++i) {
    values.emplace_back(function.argument_bytes[i]);
    memcpy(values.back().data(), arguments[i], function.argument_bytes[i]);
  }
  return values;
}

bool is_legal(const Function& function, const fake_cuda::Launch& launch) {
  size_t threads = 1;
  for (int d = 0; d < 3; ++d) {
    if (launch.grid[static_cast<size_t>(d)] == 0) return false;
    threads *= launch.block[static_cast<size_t>(d)];
  }
  // 1024 threads a block on every device (CUDA programming guide).
  return threads >= 1 && threads <= 1024 &&
         launch.shared_bytes <= static_cast<unsigned>(function.shared_limit);
}

CudaResult run_all(const std::vector<fake_cuda::Operation>& operations) {
  for (const fake_cuda::Operation& operation : operations) {
    const CudaResult result = operation();
    if (result != kCudaSuccess) return result;
  }
  return kCudaSuccess;
}

}  // namespace

CudaResult cuLaunchKernel(CudaFunction handle, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                          unsigned block_x, unsigned block_y, unsigned block_z,
                          unsigned shared_bytes, CudaStream stream, void** arguments, void**) {
  const Call call("cuLaunchKernel", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  const Function& function = *reinterpret_cast<Function*>(handle);
  fake_cuda::Launch launch = {*function.image,
                              function.entry,
                              {grid_x, grid_y, grid_z},
                              {block_x, block_y, block_z},
                              shared_bytes,
                              {}};
  if (!is_legal(function, launch)) return kCudaInvalidValue;
  return fake_cuda::enqueue(stream, [launch, image = function.image,
                                     values = read_arguments(function, arguments)]() mutable {
    if (!state().launch) return kCudaLaunchFailed;
    launch.arguments = values;
    return static_cast<CudaResult>(state().launch(launch));
  });
}

CudaResult cuStreamBeginCapture_v2(CudaStream handle, int) {
  const Call call("cuStreamBeginCapture_v2", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  Stream* stream = state().streams.find(handle);  // the default stream cannot be captured
  if (stream == nullptr || stream->captures) return kCudaInvalidHandle;
  stream->captures = true;
  return kCudaSuccess;
}

CudaResult cuStreamEndCapture(CudaStream handle, CudaGraph* graph) {
  const Call call("cuStreamEndCapture", Needs::context);
  Stream* stream = state().streams.find(handle);
  if (stream == nullptr || !stream->captures) return kCudaInvalidHandle;
  stream->captures = false;
  const std::vector<fake_cuda::Operation> captured = std::exchange(stream->captured, {});
  *graph = nullptr;
  if (call.refused() != kCudaSuccess) return call.refused();
  Graph* made = state().graphs.make();
  made->operations = captured;
  *graph = reinterpret_cast<CudaGraph>(made);
  return kCudaSuccess;
}

CudaResult cuGraphInstantiateWithFlags(CudaGraphExec* executable, CudaGraph handle,
                                       unsigned long long) {
  const Call call("cuGraphInstantiateWithFlags", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  const Graph* graph = state().graphs.find(handle);
  if (graph == nullptr) return kCudaInvalidHandle;
  Graph* made = state().executables.make();
  made->operations = graph->operations;
  *executable = reinterpret_cast<CudaGraphExec>(made);
  return kCudaSuccess;
}

CudaResult cuGraphUpload(CudaGraphExec executable, CudaStream stream) {
  const Call call("cuGraphUpload", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  const bool known = state().executables.find(executable) != nullptr;
  return known && fake_cuda::stream_of(stream) != nullptr ? kCudaSuccess : kCudaInvalidHandle;
}

CudaResult cuGraphLaunch(CudaGraphExec handle, CudaStream stream) {
  const Call call("cuGraphLaunch", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  const Graph* graph = state().executables.find(handle);
  if (graph == nullptr) return kCudaInvalidHandle;
  return fake_cuda::enqueue(stream,
                            [operations = graph->operations] { return run_all(operations); });
}

CudaResult cuGraphDestroy(CudaGraph graph) {
  const Call call("cuGraphDestroy", Needs::context);
  const bool found = state().graphs.end(graph);
  if (call.refused() != kCudaSuccess) return call.refused();
  return found ? kCudaSuccess : kCudaInvalidHandle;
}

CudaResult cuGraphExecDestroy(CudaGraphExec executable) {
  const Call call("cuGraphExecDestroy", Needs::context);
  const bool found = state().executables.end(executable);
  if (call.refused() != kCudaSuccess) return call.refused();
  return found ? kCudaSuccess : kCudaInvalidHandle;
}
