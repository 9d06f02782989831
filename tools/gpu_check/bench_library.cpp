#include "tools/gpu_check/bench_library.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "tools/gpu_check/device_ports.h"
#include "tools/gpu_check/library_steps.h"
#include "tools/measure/statistics.h"

namespace vitgen {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Milliseconds of calls, for `seconds`, at least three, after one that is not timed.
template <class Call>
std::vector<double> timed(double seconds, const Call& call) {
  call();
  std::vector<double> ms;
  const Clock::time_point start = Clock::now();
  while (ms.size() < 3 || seconds_since(start) < seconds) {
    const Clock::time_point begin = Clock::now();
    call();
    ms.push_back(1e3 * seconds_since(begin));
  }
  return ms;
}

/// Outputs of a run on the host, which are not looked at.
struct HostOutputs {
  HostOutputs(const LoadedLibrary& library, std::size_t n) {
    for (const TensorPort& port : library.outputs()) values.emplace_back(n * port.elements);
    for (std::vector<float>& value : values) pointers.push_back(value.data());
  }
  std::vector<std::vector<float>> values;
  std::vector<void*> pointers;
};

// A wait costs some 10 us of the host: bursts of 20 ms make it vanish.
constexpr double kBurstSeconds = 0.02;

double images_per_s(const Gpu& gpu, LoadedLibrary& library, const DevicePorts& ports, std::size_t n,
                    double run_ms, double seconds) {
  const auto runs = static_cast<int>(std::clamp(1e3 * kBurstSeconds / run_ms, 1.0, 1000.0));
  const std::vector<double> ms = timed(seconds, [&] {
    for (int i = 0; i < runs; ++i) ports.run(library, n);
    gpu.wait();
  });
  return static_cast<double>(n) * runs / median(ms) * 1e3;
}

/// Medians over the runs, by the step's number.
std::vector<double> step_ms(LoadedLibrary& timing, std::size_t n, const RandomInputs& inputs,
                            double seconds) {
  HostOutputs outputs(timing, n);
  std::vector<std::vector<double>> times(timing.step_count());
  timed(seconds, [&] {
    timing.run(n, inputs.pointers, outputs.pointers);
    for (std::size_t i = 0; i < times.size(); ++i) {
      times[i].push_back(static_cast<double>(timing.step_time_ns(i)) * 1e-6);
    }
  });
  std::vector<double> medians;
  for (const std::vector<double>& each : times) medians.push_back(median(each));
  return medians;
}

std::vector<GpuKernelTime> kernel_times(const LoadedLibrary& timing, int batch,
                                        const std::vector<double>& ms) {
  const std::vector<LibraryStep> steps = library_steps(timing.manifest());
  std::map<std::string, GpuKernelTime> by_spec;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].batch != batch) continue;
    const std::string spec = steps[i].spec.text();
    GpuKernelTime& kernel = by_spec.try_emplace(spec).first->second;
    kernel.op = steps[i].spec.op;
    kernel.spec = spec;
    ++kernel.cost.calls;
    kernel.cost.ms += ms.at(i);
    kernel.cost.flops += timing.step_flops(i);
  }
  std::vector<GpuKernelTime> kernels;
  for (auto& [spec, kernel] : by_spec) kernels.push_back(std::move(kernel));
  std::ranges::sort(kernels, std::greater{}, [](const auto& each) { return each.cost.ms; });
  return kernels;
}

/// The two contexts that cells share: steps are timed in one that launches kernel by kernel.
struct Opened {
  explicit Opened(const GpuBenchSettings& settings)
      : library(settings.directory, {.threads = 1, .isa = settings.isa, .check_content = false}),
        timing(settings.directory,
               {.threads = 1, .isa = settings.isa, .time_steps = true, .check_content = false}) {}
  Gpu gpu;
  LoadedLibrary library, timing;
};

GpuBenchCell bench_cell(Opened& opened, int batch, const GpuBenchSettings& settings) {
  const auto n = static_cast<std::size_t>(batch);
  const double quarter = settings.seconds / 4;
  const RandomInputs inputs(opened.library, n, settings.seed);
  HostOutputs outputs(opened.library, n);
  const DevicePorts ports(opened.gpu, opened.library, n, inputs);
  GpuBenchCell cell;
  cell.batch = batch;
  cell.device_ms = run_times(timed(quarter, [&] {
    ports.run(opened.library, n);
    opened.gpu.wait();
  }));
  cell.images_per_s =
      images_per_s(opened.gpu, opened.library, ports, n, cell.device_ms.p50, quarter);
  cell.run_ms =
      run_times(timed(quarter, [&] { opened.library.run(n, inputs.pointers, outputs.pointers); }));
  cell.kernels = kernel_times(opened.timing, batch, step_ms(opened.timing, n, inputs, quarter));
  return cell;
}

Json times_json(const RunTimes& times) {
  return {{"runs", times.runs}, {"min", times.min}, {"p10", times.p10}, {"p50", times.p50},
          {"p90", times.p90},   {"p99", times.p99}, {"max", times.max}};
}

Json kernels_json(const std::vector<GpuKernelTime>& kernels) {
  Json list = Json::array();
  for (const GpuKernelTime& kernel : kernels) {
    list.push_back({{"op", kernel.op},
                    {"spec", kernel.spec},
                    {"calls", kernel.cost.calls},
                    {"ms", kernel.cost.ms},
                    {"tflops", kernel.cost.gflops() * 1e-3}});
  }
  return list;
}

}  // namespace

GpuBench bench_library(const GpuBenchSettings& settings) {
  Opened opened(settings);
  const JsonFile& manifest = opened.library.manifest();
  GpuBench bench{.name = opened.library.name(),
                 .isa = opened.library.isa(),
                 .precision = std::string(enum_text(library_precision(manifest))),
                 .cells = {}};
  const std::vector<int> batches =
      settings.batches.empty() ? library_batches(manifest) : settings.batches;
  for (const int batch : batches) bench.cells.push_back(bench_cell(opened, batch, settings));
  return bench;
}

Json gpu_bench_json(const GpuBench& bench) {
  Json cells = Json::array();
  for (const GpuBenchCell& cell : bench.cells) {
    cells.push_back({{"batch", cell.batch},
                     {"run_ms", times_json(cell.run_ms)},
                     {"device_ms", times_json(cell.device_ms)},
                     {"images_per_s", cell.images_per_s},
                     {"kernels", kernels_json(cell.kernels)}});
  }
  return {{"library", bench.name},
          {"isa", bench.isa},
          {"precision", bench.precision},
          {"cells", cells}};
}

}  // namespace vitgen
