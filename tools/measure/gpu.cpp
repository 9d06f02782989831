#include "tools/measure/gpu.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>

#include "generators/base/error.h"
#include "vitgen_api.h"

namespace vitgen {

// The runtime has no use for this one, so its list of the driver's functions lacks it.
std::string gpu_name(const rt::CudaDriver& driver, rt::CudaOrdinal device) {
  using GetName = rt::CudaResult(char*, int, rt::CudaOrdinal);
  std::array<char, 128> text{};
  auto* const get = reinterpret_cast<GetName*>(dlsym(driver.library, "cuDeviceGetName"));
  const bool known = get && get(text.data(), static_cast<int>(text.size()), device) == 0;
  return known ? printable(text.data()) : "a GPU without a name";
}

Gpu::Gpu() {
  std::array<char, 256> words{};
  rt::Text why = rt::text_in(words.data(), words.size());
  const int status = rt::cuda_driver_open(driver_, why);
  int count = 0;
  if (status == VITGEN_API_OK) driver_.cuDeviceGetCount(&count);
  if (count == 0) {
    close();
    throw Error(ExitCode::target, "GPU_NONE",
                fmt::format("no GPU: {}", why.length > 0 ? words.data() : "the driver finds none"),
                "nvidia-smi tells what the driver sees");
  }
  try {
    require(driver_.cuDeviceGet(&device_, 0), "cuDeviceGet");
    require(driver_.cuDevicePrimaryCtxRetain(&context_, device_), "cuDevicePrimaryCtxRetain");
    require(driver_.cuCtxPushCurrent_v2(context_), "cuCtxPushCurrent");
    pushed_ = true;
    require(driver_.cuStreamCreate(&stream_, rt::kCudaStreamNonBlocking), "cuStreamCreate");
  } catch (...) {
    close();
    throw;
  }
}

Gpu::~Gpu() { close(); }

void Gpu::close() {
  if (stream_) driver_.cuStreamDestroy_v2(stream_);
  rt::CudaHandle popped = nullptr;
  if (pushed_) driver_.cuCtxPopCurrent_v2(&popped);
  if (context_) driver_.cuDevicePrimaryCtxRelease_v2(device_);
  rt::cuda_driver_close(driver_);
}

void Gpu::require(rt::CudaResult result, const char* call) const {
  if (result == rt::kCudaSuccess) return;
  const char* name = nullptr;
  driver_.cuGetErrorName(result, &name);
  const bool full = result == rt::kCudaOutOfMemory;
  throw Error(full ? ExitCode::resources : ExitCode::internal, full ? "GPU_MEMORY" : "GPU_CALL",
              fmt::format("{}: {}", call, name ? name : std::to_string(result).c_str()));
}

std::string Gpu::name() const { return gpu_name(driver_, device_); }

std::string Gpu::driver() const {
  std::array<char, 32> words{};
  rt::Text text = rt::text_in(words.data(), words.size());
  rt::put_cuda_version(text, driver_.version);
  return words.data();
}

int Gpu::attribute(int number) const {
  int value = 0;
  require(driver_.cuDeviceGetAttribute(&value, number, device_), "cuDeviceGetAttribute");
  return value;
}

int Gpu::capability() const {
  return 10 * attribute(rt::kCudaCapabilityMajor) + attribute(rt::kCudaCapabilityMinor);
}

int Gpu::multiprocessors() const { return attribute(kGpuMultiprocessors); }

std::size_t Gpu::l2_bytes() const { return static_cast<std::size_t>(attribute(kGpuL2Bytes)); }

void Gpu::wait() const { require(driver_.cuStreamSynchronize(stream_), "cuStreamSynchronize"); }

DeviceArray::DeviceArray(const Gpu& gpu, std::size_t bytes) : gpu_(gpu) {
  gpu_.require(gpu_.calls().cuMemAlloc_v2(&address_, bytes), "cuMemAlloc");
}

DeviceArray::~DeviceArray() { gpu_.calls().cuMemFree_v2(address_); }

// In the GPU's own stream: a copy without one may return before it has arrived (CUDA driver API,
// API synchronization behavior), and what is queued in this stream would not wait for it.
void DeviceArray::write(std::span<const std::byte> bytes) {
  gpu_.require(
      gpu_.calls().cuMemcpyHtoDAsync_v2(address_, bytes.data(), bytes.size(), gpu_.stream()),
      "cuMemcpyHtoD");
  gpu_.wait();
}

void DeviceArray::read(std::span<std::byte> bytes) const {
  gpu_.require(gpu_.calls().cuMemcpyDtoH_v2(bytes.data(), address_, bytes.size()), "cuMemcpyDtoH");
}

}  // namespace vitgen
