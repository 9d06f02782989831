#pragma once
// Kernels on a GPU, and how long a call of each takes where it is one of many, as in a library.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tools/emit/device_file.h"
#include "tools/measure/gpu_code.h"
#include "tools/measure/gpu_graph.h"
#include "tools/tune/device_operands.h"

namespace vitgen {

/// One kernel, loaded as a library loads it: the cubin where the driver takes it, else the PTX.
class LoadedDeviceKernel {
 public:
  /// `gpu` must live longer. Throws GPU_CALL.
  LoadedDeviceKernel(const Gpu& gpu, const CompiledDeviceKernel& compiled);

  /// Queues its launches. Throws GPU_CALL.
  void launch(std::span<const std::uint64_t> operands, std::uint64_t scratch) const;
  std::uint64_t scratch_bytes() const { return kernel_.scratch_bytes; }

 private:
  const Gpu& gpu_;
  DeviceKernel kernel_;
  std::unique_ptr<GpuCode> code_;
};

/// In a library the calls of a run are one graph, weights come from where they are in a model of
/// their size, and activations are still in the L2, where the kernel before left them. So calls are
/// recorded by as many as make a sample, weights take turns with copies, and activations do not.
class DeviceTiming {
 public:
  /// Copies of the weights take `rotate_bytes` together. `gpu` must live longer.
  DeviceTiming(const Gpu& gpu, const OperandMemory& memory,
               std::vector<CompiledDeviceKernel> kernels, std::uint64_t rotate_bytes);

  ~DeviceTiming();
  DeviceTiming(const DeviceTiming&) = delete;
  DeviceTiming& operator=(const DeviceTiming&) = delete;

  /// Seconds per call. Throws GPU_CALL.
  double sample(std::size_t kernel);

 private:
  struct Calls;
  bool add_set(const OperandMemory& memory);
  std::unique_ptr<Calls> load(std::size_t kernel) const;
  void queue(const Calls& calls, std::size_t first, std::size_t count) const;
  void prepare(Calls& calls, std::size_t part) const;
  void queue_part(const Calls& calls, std::size_t part) const;

  const Gpu& gpu_;
  std::vector<CompiledDeviceKernel> kernels_;
  DeviceOperands operands_;
  std::vector<std::unique_ptr<DeviceArray>> copies_;
  std::vector<std::vector<std::uint64_t>> sets_;  // addresses of operands
  std::vector<std::unique_ptr<Calls>> calls_;     // by kernel; null: not timed yet
};

}  // namespace vitgen
