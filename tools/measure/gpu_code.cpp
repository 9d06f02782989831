#include "tools/measure/gpu_code.h"

#include <vector>

namespace vitgen {

namespace {

/// A mark in the GPU's stream.
class GpuEvent {
 public:
  explicit GpuEvent(const Gpu& gpu) : gpu_(gpu) {
    gpu_.require(gpu_.calls().cuEventCreate(&event_, rt::kCudaEventDefault), "cuEventCreate");
  }
  ~GpuEvent() { gpu_.calls().cuEventDestroy_v2(event_); }
  GpuEvent(const GpuEvent&) = delete;
  GpuEvent& operator=(const GpuEvent&) = delete;

  void record() const {
    gpu_.require(gpu_.calls().cuEventRecord(event_, gpu_.stream()), "cuEventRecord");
  }
  double milliseconds_since(const GpuEvent& begin) const {
    gpu_.require(gpu_.calls().cuEventSynchronize(event_), "cuEventSynchronize");
    float milliseconds = 0;
    gpu_.require(gpu_.calls().cuEventElapsedTime(&milliseconds, begin.event_, event_),
                 "cuEventElapsedTime");
    return static_cast<double>(milliseconds);
  }

 private:
  const Gpu& gpu_;
  rt::CudaEvent event_ = nullptr;
};

// What a block may use without asking: every launch above it asks anew, which costs nothing.
constexpr std::uint32_t kUsualSharedBytes = 48 * 1024;

}  // namespace

GpuCode::GpuCode(const Gpu& gpu, const std::string& image) : gpu_(gpu) {
  gpu_.require(gpu_.calls().cuModuleLoadData(&module_, image.c_str()), "cuModuleLoadData");
}

GpuCode::~GpuCode() { gpu_.calls().cuModuleUnload(module_); }

void GpuCode::launch(const std::string& entry, const GpuLaunch& launch,
                     std::span<const std::uint64_t> arguments) const {
  std::vector<const void*> addresses;
  for (const std::uint64_t& argument : arguments) addresses.push_back(&argument);
  this->launch(entry, launch, std::span<const void* const>(addresses));
}

void GpuCode::launch(const std::string& entry, const GpuLaunch& launch,
                     std::span<const void* const> parameters) const {
  const rt::CudaDriver& driver = gpu_.calls();
  rt::CudaFunction function = nullptr;
  gpu_.require(driver.cuModuleGetFunction(&function, module_, entry.c_str()),
               "cuModuleGetFunction");
  if (launch.shared_bytes > kUsualSharedBytes) {
    gpu_.require(driver.cuFuncSetAttribute(function, rt::kCudaMaxDynamicSharedBytes,
                                           static_cast<int>(launch.shared_bytes)),
                 "cuFuncSetAttribute");
  }
  std::vector<void*> addresses;  // which the driver only reads
  for (const void* each : parameters) addresses.push_back(const_cast<void*>(each));
  gpu_.require(driver.cuLaunchKernel(function, launch.grid[0], launch.grid[1], launch.grid[2],
                                     launch.block[0], launch.block[1], launch.block[2],
                                     launch.shared_bytes, gpu_.stream(), addresses.data(), nullptr),
               "cuLaunchKernel");
}

double gpu_milliseconds(const Gpu& gpu, const std::function<void()>& work) {
  const GpuEvent begin(gpu), end(gpu);
  begin.record();
  work();
  end.record();
  return end.milliseconds_since(begin);
}

}  // namespace vitgen
