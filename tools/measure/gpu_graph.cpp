#include "tools/measure/gpu_graph.h"

#include <exception>

namespace vitgen {

namespace {

/// A stream that records must be told to end in any case: else it takes no work any more.
rt::CudaGraph record(const Gpu& gpu, const std::function<void()>& work) {
  const rt::CudaDriver& driver = gpu.calls();
  gpu.require(driver.cuStreamBeginCapture_v2(gpu.stream(), rt::kCudaCaptureRelaxed),
              "cuStreamBeginCapture");
  std::exception_ptr failure;
  try {
    work();
  } catch (...) {
    failure = std::current_exception();
  }
  rt::CudaGraph graph = nullptr;
  const rt::CudaResult result = driver.cuStreamEndCapture(gpu.stream(), &graph);
  if (failure) {
    if (graph != nullptr) driver.cuGraphDestroy(graph);
    std::rethrow_exception(failure);
  }
  gpu.require(result, "cuStreamEndCapture");
  return graph;
}

}  // namespace

GpuGraph::GpuGraph(const Gpu& gpu, const std::function<void()>& work) : gpu_(gpu) {
  const rt::CudaDriver& driver = gpu_.calls();
  rt::CudaGraph graph = record(gpu_, work);
  const rt::CudaResult result = driver.cuGraphInstantiateWithFlags(&executable_, graph, 0);
  driver.cuGraphDestroy(graph);
  gpu_.require(result, "cuGraphInstantiate");
  const rt::CudaResult uploaded = driver.cuGraphUpload(executable_, gpu_.stream());
  if (uploaded != rt::kCudaSuccess) driver.cuGraphExecDestroy(executable_);
  gpu_.require(uploaded, "cuGraphUpload");
}

GpuGraph::~GpuGraph() { gpu_.calls().cuGraphExecDestroy(executable_); }

void GpuGraph::launch() const {
  gpu_.require(gpu_.calls().cuGraphLaunch(executable_, gpu_.stream()), "cuGraphLaunch");
}

}  // namespace vitgen
