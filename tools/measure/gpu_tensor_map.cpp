#include "tools/measure/gpu_tensor_map.h"

#include <span>

#include "generators/base/error.h"
#include "runtime/cuda_tensor_map.h"

namespace vitgen {

std::vector<std::byte> gpu_tensor_map(const Gpu& gpu, const vitgen_tensor_map& map,
                                      std::uint64_t address) {
  if (gpu.calls().cuTensorMapEncodeTiled == nullptr) {
    throw Error(ExitCode::target, "GPU_CALL", "the driver has no cuTensorMapEncodeTiled",
                "that of CUDA 12 and later has");
  }
  rt::CudaTensorMap encoded;
  gpu.require(rt::cuda_encode_map(gpu.calls(), map, address, encoded), "cuTensorMapEncodeTiled");
  const auto bytes = std::as_bytes(std::span(&encoded, 1));
  return {bytes.begin(), bytes.end()};
}

}  // namespace vitgen
