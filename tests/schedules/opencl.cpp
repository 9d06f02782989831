#include "tests/schedules/opencl.h"

#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>

namespace vitgen {

namespace {

// clGetPlatformIDs(entries, platforms, count); 0 is CL_SUCCESS.
using GetPlatforms = std::int32_t (*)(std::uint32_t, void*, std::uint32_t*);

}  // namespace

std::string load_opencl() {
  // Kernels that PoCL keeps between runs belong to the build, not to the home directory.
  setenv("POCL_CACHE_DIR", VITGEN_BINARY_DIR "/pocl-cache", 0);
  // Halide asks the process for OpenCL's functions before it looks for a library of its own.
  void* library = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_GLOBAL);
  if (!library) return "no OpenCL library: install the Debian package ocl-icd-libopencl1";
  const auto platforms = reinterpret_cast<GetPlatforms>(dlsym(library, "clGetPlatformIDs"));
  std::uint32_t count = 0;
  if (!platforms || platforms(0, nullptr, &count) != 0 || count == 0) {
    return "no OpenCL device: install the Debian package pocl-opencl-icd";
  }
  return "";
}

}  // namespace vitgen
