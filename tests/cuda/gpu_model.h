#pragma once
// The model of tests/runtime/fake_model.h with variants for GPUs beside the one for any CPU. Its
// kernels run on the fake driver: "affine" and "pool" are entries of one module, "project" is two
// launches with scratch between them, the first of which takes a tensor map on 9.0, "pool" asks for
// more shared memory than is free of charge.

#include <deque>
#include <span>

#include "tests/cuda/fake/fake_cuda.h"
#include "tests/runtime/fake_model.h"

namespace vitgen::test {

/// The variants: "cuda-sm90" for 9.0 only, "cuda-sm80" for all from 8.0, "x86-64".
class GpuModel {
 public:
  explicit GpuModel(const std::vector<uint32_t>& batches = {1, 4, 8});

  FakeModel fake;

 private:
  void add_kernels(uint32_t batch);
  const vitgen_device_kernel* device(const vitgen_device_code* codes,
                                     std::vector<vitgen_launch> launches, uint64_t scratch);
  void add(const char* name, vitgen_kernel_fn on_cpu, const vitgen_device_kernel* sm90,
           const vitgen_device_kernel* sm80, uint64_t shared, uint64_t task);

  // Their elements stay where they are.
  std::deque<vitgen_tensor_map> maps_;
  std::deque<std::vector<vitgen_launch_argument>> arguments_;
  std::deque<std::vector<vitgen_launch>> launches_;
  std::deque<vitgen_device_kernel> device_;
  std::deque<std::vector<const vitgen_device_kernel*>> devices_;
  std::deque<std::vector<vitgen_kernel_fn>> functions_;
  std::deque<std::vector<uint64_t>> scratch_;
  std::vector<vitgen_kernel> kernels_;
  std::vector<vitgen_step> steps_;
};

/// How opening went; closed again unless kept.
struct Opened {
  int code = VITGEN_API_OK;
  std::string text;
  std::string isa;  ///< that was chosen
  int device = -1;
};
Opened try_open(GpuModel& gpu, vitgen_api_options options = open_options());

/// Device memory of the caller.
class DeviceFloats {
 public:
  explicit DeviceFloats(const std::vector<float>& values);
  explicit DeviceFloats(size_t count) : DeviceFloats(std::vector<float>(count, -1)) {}
  ~DeviceFloats();
  DeviceFloats(const DeviceFloats&) = delete;
  DeviceFloats& operator=(const DeviceFloats&) = delete;
  void* address() const { return reinterpret_cast<void*>(address_); }
  /// As they are now, whatever is queued.
  std::vector<float> values() const;

 private:
  uint64_t address_ = 0;
  size_t count_;
};

/// The primary context is current, as for a user of the CUDA runtime.
class CudaUser {
 public:
  CudaUser();
  ~CudaUser();
  CudaUser(const CudaUser&) = delete;
  CudaUser& operator=(const CudaUser&) = delete;
};

}  // namespace vitgen::test
