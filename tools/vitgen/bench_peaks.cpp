#include "tools/vitgen/bench_peaks.h"

#include <algorithm>

#include "tools/vitgen/host.h"
#include "tools/vitgen/peak_kernels.h"

namespace vitgen {

namespace {

bool is_gpu(const Machine& machine) { return machine.kind == MachineKind::gpu; }

}  // namespace

void measure_peaks(BenchRecord& record, const Machine& machine, DType precision,
                   const std::vector<int>& threads) {
  MachinePeaks of_gpu;
  if (is_gpu(machine)) {
    const GpuPeakKernels kernels = peak_kernels(machine, precision);
    const Gpu gpu;
    of_gpu = measure_gpu_peaks(gpu, kernels);
    record.gpu = BenchGpu{.name = gpu.name(), .l2 = gpu.l2_bytes(), .factors = kernels.factors};
  }
  for (const int count : threads) {
    record.peaks.push_back(is_gpu(machine) ? of_gpu
                                           : measure_peaks(fma_isa(machine), count, record.caches));
    record.peaks.back().threads = count;
  }
}

void measure_peaks_again(BenchRecord& record, const Machine& machine) {
  double of_gpu = 0;
  if (record.gpu) of_gpu = gpu_product_gflops(Gpu{}, peak_kernels(machine, record.gpu->factors));
  for (MachinePeaks& peaks : record.peaks) {
    const double again =
        record.gpu ? of_gpu : fma_peak_gflops(fma_isa(machine), peaks.threads, kPeakSeconds);
    peaks.gflops = std::max(peaks.gflops, again);
  }
}

}  // namespace vitgen
