#pragma once
// A GPU through its driver, for a program that brings its own arrays and stream.

#include <cstddef>
#include <span>
#include <string>

#include "runtime/cuda_driver.h"

namespace vitgen {

/// The first GPU, in the primary context, where libraries work too. The context is current as long
/// as this lives. Errors: target GPU_NONE (no driver, too old a one, no device), resources
/// GPU_MEMORY (it is full), internal GPU_CALL (what else the driver refuses).
class Gpu {
 public:
  Gpu();
  ~Gpu();
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  std::string name() const;
  std::string driver() const;  ///< what it supports: "CUDA 12.4"
  int capability() const;      ///< 80 stands for 8.0
  int multiprocessors() const;
  std::size_t l2_bytes() const;  ///< of the L2 cache

  const rt::CudaDriver& calls() const { return driver_; }
  rt::CudaStream stream() const { return stream_; }
  /// Waits for all that was queued in stream().
  void wait() const;
  /// Throws GPU_CALL or GPU_MEMORY unless the driver said yes.
  void require(rt::CudaResult result, const char* call) const;

 private:
  void close();
  int attribute(int number) const;

  rt::CudaDriver driver_;
  rt::CudaOrdinal device_ = 0;
  rt::CudaHandle context_ = nullptr;
  bool pushed_ = false;  ///< the context, on this thread
  rt::CudaStream stream_ = nullptr;
};

/// CUdevice_attribute (cuda.h of CUDA 13.0), those that the runtime has no use for.
enum : int { kGpuMultiprocessors = 16, kGpuBusBits = 37, kGpuL2Bytes = 38 };

/// "NVIDIA H200", as the driver calls it.
std::string gpu_name(const rt::CudaDriver& driver, rt::CudaOrdinal device);

/// Memory of a GPU.
class DeviceArray {
 public:
  DeviceArray(const Gpu& gpu, std::size_t bytes);
  ~DeviceArray();
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  void* address() const { return reinterpret_cast<void*>(address_); }
  void write(std::span<const std::byte> bytes);
  void read(std::span<std::byte> bytes) const;

 private:
  const Gpu& gpu_;
  rt::CudaAddress address_ = 0;
};

}  // namespace vitgen
