#include "tests/cuda/emulated/interpret.h"

#include <atomic>
#include <cstdio>
#include <exception>

#include "runtime/cuda_abi.h"
#include "tests/ptx/run_text.h"

namespace vitgen::fake_cuda {

namespace {

std::atomic<std::uint64_t> g_instructions{0};

}  // namespace

int interpret(const Launch& launch) {
  try {
    ptx::Memory memory;
    for (const Range& range : allocations()) memory.add(range.address, range.bytes);
    g_instructions += ptx::run_text({.text = launch.image,
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

double interpreted_time() { return 1e-3 * static_cast<double>(g_instructions.load()); }

}  // namespace vitgen::fake_cuda
