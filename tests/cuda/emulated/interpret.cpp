#include "tests/cuda/emulated/interpret.h"

#include <cstdio>
#include <exception>

#include "runtime/cuda_abi.h"
#include "tests/ptx/run_text.h"

namespace vitgen::fake_cuda {

int interpret(const Launch& launch) {
  try {
    ptx::Memory memory;
    for (const Range& range : allocations()) memory.add(range.address, range.bytes);
    ptx::run_text({.text = launch.image,
                   .entry = launch.entry,
                   .grid = launch.grid,
                   .block = launch.block,
                   .shared_bytes = launch.shared_bytes,
                   .arguments = launch.arguments},
                  memory);
    return rt::kCudaSuccess;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "emulated GPU: %s\n", error.what());
    return rt::kCudaLaunchFailed;
  }
}

}  // namespace vitgen::fake_cuda
