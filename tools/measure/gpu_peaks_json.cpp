// The kernels that measure a GPU as a file.

#include "generators/base/visit.h"
#include "tools/measure/gpu_peaks.h"

namespace vitgen {

namespace {

constexpr std::size_t kMostPtx = std::size_t{1} << 20;

Json kernel_json(const PeakKernel& kernel) {
  return {{"entry", kernel.entry},
          {"threads", kernel.threads},
          {"blocks", kernel.blocks},
          {"shared_bytes", kernel.shared_bytes},
          {"input_bytes", kernel.input_bytes},
          {"work", kernel.work},
          {"ptx", kernel.ptx}};
}

PeakKernel parse_kernel(const JsonFile& file, const std::string& at) {
  // A block has at most 1024 threads, a multiprocessor 32 blocks and 228 KiB of shared memory (CUDA
  // C++ Programming Guide, 16.2).
  const auto count = [&](const char* key, std::int64_t least, std::int64_t most) {
    return static_cast<std::uint32_t>(get_int(file, at + "." + key, least, most));
  };
  return {.ptx = get_string(file, at + ".ptx", kMostPtx),
          .entry = get_string(file, at + ".entry"),
          .threads = count("threads", 1, 1024),
          .blocks = count("blocks", 1, 32),
          .shared_bytes = count("shared_bytes", 0, 228 << 10),
          .input_bytes = count("input_bytes", 1, 1 << 30),
          .work = get_number(file, at + ".work", 1, 1e18)};
}

}  // namespace

Json peak_kernels_json(const GpuPeakKernels& kernels) {
  return {{"factors", enum_text(kernels.factors)},
          {"products", kernel_json(kernels.products)},
          {"reads", kernel_json(kernels.reads)}};
}

GpuPeakKernels parse_peak_kernels(const JsonFile& file) {
  GpuPeakKernels kernels{.products = parse_kernel(file, "products"),
                         .reads = parse_kernel(file, "reads")};
  const std::string factors = get_string(file, "factors");
  for (const DType each : {DType::f32, DType::f16, DType::bf16}) {
    if (factors != enum_text(each)) continue;
    kernels.factors = each;
    return kernels;
  }
  json_error(file, "factors", file.codes.range, "expected f32, f16 or bf16");
}

}  // namespace vitgen
