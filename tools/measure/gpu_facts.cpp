#include "tools/measure/gpu_facts.h"

#include <array>

#include "tools/measure/gpu.h"
#include "vitgen_api.h"

namespace vitgen {

namespace {

int attribute(const rt::CudaDriver& driver, int number, rt::CudaOrdinal device) {
  int value = 0;
  const bool told = driver.cuDeviceGetAttribute(&value, number, device) == rt::kCudaSuccess;
  return told ? value : 0;
}

GpuFacts facts_of(const rt::CudaDriver& driver, int ordinal) {
  rt::CudaOrdinal device = 0;
  GpuFacts facts;
  if (driver.cuDeviceGet(&device, ordinal) != rt::kCudaSuccess) return facts;
  facts.name = gpu_name(driver, device);
  facts.capability = 10 * attribute(driver, rt::kCudaCapabilityMajor, device) +
                     attribute(driver, rt::kCudaCapabilityMinor, device);
  facts.multiprocessors = attribute(driver, kGpuMultiprocessors, device);
  facts.l2_bytes = attribute(driver, kGpuL2Bytes, device);
  facts.bus_bits = attribute(driver, kGpuBusBits, device);
  return facts;
}

}  // namespace

FoundGpus find_gpus() {
  FoundGpus found;
  std::array<char, 256> words{};
  rt::Text text = rt::text_in(words.data(), words.size());
  rt::CudaDriver driver{};
  if (rt::cuda_driver_open(driver, text) == VITGEN_API_OK) {
    rt::put_cuda_version(text, driver.version);
    found.driver = words.data();
    int count = 0;
    if (driver.cuDeviceGetCount(&count) != rt::kCudaSuccess) count = 0;
    for (int i = 0; i < count; ++i) found.gpus.push_back(facts_of(driver, i));
    if (count == 0) found.missing = "the driver finds none";
  } else {
    found.missing = words.data();
  }
  rt::cuda_driver_close(driver);
  return found;
}

}  // namespace vitgen
