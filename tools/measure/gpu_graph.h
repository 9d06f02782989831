#pragma once
// Work of a GPU that is recorded once and then queued as one piece: what it consists of begins
// without the processor, so even launches of two microseconds follow each other without a gap.

#include <functional>

#include "tools/measure/gpu.h"

namespace vitgen {

/// `gpu` must live longer.
class GpuGraph {
 public:
  /// Records what `work` queues in the GPU's stream, and brings it to the device. Throws GPU_CALL;
  /// what `work` throws ends the recording.
  GpuGraph(const Gpu& gpu, const std::function<void()>& work);
  ~GpuGraph();
  GpuGraph(const GpuGraph&) = delete;
  GpuGraph& operator=(const GpuGraph&) = delete;

  /// Queues it in the GPU's stream. Throws GPU_CALL.
  void launch() const;

 private:
  const Gpu& gpu_;
  rt::CudaGraphExec executable_ = nullptr;
};

}  // namespace vitgen
