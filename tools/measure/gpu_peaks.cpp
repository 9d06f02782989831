#include "tools/measure/gpu_peaks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <random>
#include <vector>

#include "tools/measure/gpu_code.h"

namespace vitgen {

namespace {

using Clock = std::chrono::steady_clock;

// Of the GPU's time: long beside a launch, some 5 us, even where clocks rise fivefold once the
// number of steps is found.
constexpr double kWindowMs = 5;
// Of the host's time, for the windows of one kernel: the clocks of an idle GPU rise within it.
constexpr double kSeconds = 0.1;
constexpr int kLeastWindows = 3;
// Limits where the GPU's clock stands still: the host's time for finding the steps of a window.
constexpr double kMostSeconds = 1;
constexpr std::uint32_t kMostSteps = 1 << 30;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// A kernel with its arrays on the device, a block on every place of every multiprocessor.
class Load {
 public:
  Load(const Gpu& gpu, const PeakKernel& kernel, std::size_t input_bytes)
      : gpu_(gpu),
        kernel_(kernel),
        code_(gpu, kernel.ptx),
        grid_(kernel.blocks * static_cast<std::uint32_t>(gpu.multiprocessors())),
        input_(gpu, input_bytes),
        output_(gpu, sizeof(float) * grid_ * kernel.threads),
        input_bytes_(input_bytes) {}

  DeviceArray& input() { return input_; }

  /// Operations, or bytes, a second; the best of the windows.
  double rate() const {
    const std::uint32_t steps = steps_of_window();
    const Clock::time_point begin = Clock::now();
    double best = 0;
    for (int window = 0; window < kLeastWindows || seconds_since(begin) < kSeconds; ++window) {
      const double ms = milliseconds(steps);
      if (ms > 0) best = std::max(best, kernel_.work * grid_ * steps / ms * 1e3);
    }
    return best;
  }

 private:
  // Grows until a window is long enough. The first launch does not count, since the driver may load
  // the code then, and a long one must be so twice: the host may have paused in the first.
  std::uint32_t steps_of_window() const {
    std::uint32_t steps = 1;
    milliseconds(steps);
    const Clock::time_point begin = Clock::now();
    while (!is_long(steps)) {
      if (steps == kMostSteps || seconds_since(begin) > kMostSeconds) break;
      steps *= 2;
    }
    return steps;
  }

  bool is_long(std::uint32_t steps) const {
    for (int time = 0; time < 2; ++time) {
      if (milliseconds(steps) < kWindowMs / 2) return false;
    }
    return true;
  }

  double milliseconds(std::uint32_t steps) const {
    const std::array<std::uint64_t, 4> arguments = {
        reinterpret_cast<std::uint64_t>(input_.address()),
        reinterpret_cast<std::uint64_t>(output_.address()), steps, input_bytes_ - 1};
    const GpuLaunch launch{.grid = {grid_, 1, 1},
                           .block = {kernel_.threads, 1, 1},
                           .shared_bytes = kernel_.shared_bytes};
    return gpu_milliseconds(gpu_, [&] { code_.launch(kernel_.entry, launch, arguments); });
  }

  const Gpu& gpu_;
  const PeakKernel& kernel_;
  GpuCode code_;
  std::uint32_t grid_;
  DeviceArray input_, output_;
  std::size_t input_bytes_;
};

// Numbers of both signs between 1/8 and 1: what multiplies zeros draws less power, and is faster,
// than what multiplies data. An f32 chain x = x / 2 + 1/2 settles at 1.
std::vector<std::byte> factors(DType dtype, std::size_t bytes) {
  std::vector<std::byte> values(bytes);
  if (dtype == DType::f32) {
    for (std::size_t at = 0; at + sizeof(float) <= bytes; at += sizeof(float)) {
      const auto half = std::bit_cast<std::array<std::byte, sizeof(float)>>(0.5F);
      std::ranges::copy(half, values.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return values;
  }
  // Bits of the mantissa, and the exponent of 1/8.
  const auto [mantissa, least] = dtype == DType::f16 ? std::pair{10U, 12U} : std::pair{7U, 124U};
  std::mt19937 random(1);
  for (std::size_t at = 0; at + 2 <= bytes; at += 2) {
    const auto bits = static_cast<std::uint32_t>(random());
    const std::uint32_t exponent = least + (bits >> 16) % 3;
    const std::uint32_t value =
        (bits & 0x8000U) | exponent << mantissa | (bits & ((1U << mantissa) - 1));
    values[at] = static_cast<std::byte>(value & 0xffU);
    values[at + 1] = static_cast<std::byte>(value >> 8);
  }
  return values;
}

/// GB/s of reading `bytes`, a power of two, again and again.
double read_gbs(const Gpu& gpu, const PeakKernel& kernel, std::size_t bytes) {
  return Load(gpu, kernel, bytes).rate() * 1e-9;  // whatever the memory holds
}

}  // namespace

double gpu_product_gflops(const Gpu& gpu, const GpuPeakKernels& kernels) {
  Load load(gpu, kernels.products, kernels.products.input_bytes);
  load.input().write(factors(kernels.factors, kernels.products.input_bytes));
  return load.rate() * 1e-9;
}

MachinePeaks measure_gpu_peaks(const Gpu& gpu, const GpuPeakKernels& kernels) {
  constexpr std::size_t kLeastBytes = 4096, kMostBytes = std::size_t{1} << 31;
  const std::size_t l2 = std::clamp(gpu.l2_bytes(), 2 * kLeastBytes, kMostBytes / 16);
  return {.threads = 1,
          .gflops = gpu_product_gflops(gpu, kernels),
          .l1_gbs = 0,
          .l2_gbs = read_gbs(gpu, kernels.reads, std::bit_floor(l2 / 2)),
          .l3_gbs = 0,
          .memory_gbs = read_gbs(gpu, kernels.reads, std::bit_ceil(16 * l2))};
}

}  // namespace vitgen
