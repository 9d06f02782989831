#pragma once
// Code on a GPU, and its time there by the driver's own clock.

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "tools/measure/gpu.h"

namespace vitgen {

/// How often an entry runs at once, and what a block may use.
struct GpuLaunch {
  std::array<std::uint32_t, 3> grid = {1, 1, 1};
  std::array<std::uint32_t, 3> block = {1, 1, 1};
  std::uint32_t shared_bytes = 0;  ///< dynamic shared memory
};

/// A module of device code. `gpu` must live longer.
class GpuCode {
 public:
  /// `image`: PTX, which the driver compiles, or a cubin. Throws GPU_CALL if the driver takes
  /// neither.
  GpuCode(const Gpu& gpu, const std::string& image);
  ~GpuCode();
  GpuCode(const GpuCode&) = delete;
  GpuCode& operator=(const GpuCode&) = delete;

  /// Queues a run of `entry` in the GPU's stream. Of each argument the entry takes the low bytes of
  /// its parameter. Throws GPU_CALL, which may be the failure of what was queued before.
  void launch(const std::string& entry, const GpuLaunch& launch,
              std::span<const std::uint64_t> arguments) const;
  /// The same with parameters of any size, by their addresses.
  void launch(const std::string& entry, const GpuLaunch& launch,
              std::span<const void* const> parameters) const;

 private:
  const Gpu& gpu_;
  rt::CudaModule module_ = nullptr;
};

/// Milliseconds of the GPU between the beginning and the end of what `work` queues; waits for it.
/// The driver's clock counts in half microseconds. Throws GPU_CALL.
double gpu_milliseconds(const Gpu& gpu, const std::function<void()>& work);

}  // namespace vitgen
