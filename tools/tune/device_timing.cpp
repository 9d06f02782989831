#include "tools/tune/device_timing.h"

#include <algorithm>
#include <cmath>

#include "generators/base/error.h"
#include "tools/emit/device_arguments.h"
#include "tools/emit/table_device.h"
#include "tools/measure/gpu_tensor_map.h"
#include "tools/tune/racing.h"

namespace vitgen {

namespace {

// Half of a sample is timed, the other half runs before it: then the clocks are up, and the part
// that is timed waits in the stream when its turn comes, so that no gap is timed with it.
constexpr double kTimedMilliseconds = 1e3 * kSampleSeconds / 2;
// Of a graph: a launch takes a microsecond at least.
constexpr double kMostCalls = 1000;

// Null where the driver does not take it: it is for another capability, or what else there is to
// say is said of the PTX again.
std::unique_ptr<GpuCode> load_cubin(const Gpu& gpu, const std::string& cubin) try {
  return cubin.empty() ? nullptr : std::make_unique<GpuCode>(gpu, cubin);
} catch (const Error&) {
  return nullptr;
}

std::unique_ptr<GpuCode> load_code(const Gpu& gpu, const CompiledDeviceKernel& compiled) {
  auto code = load_cubin(gpu, compiled.cubin);
  return code ? std::move(code) : std::make_unique<GpuCode>(gpu, compiled.kernel.ptx);
}

std::uint64_t largest_scratch(const std::vector<CompiledDeviceKernel>& kernels) {
  std::uint64_t bytes = 0;
  for (const CompiledDeviceKernel& each : kernels) {
    bytes = std::max(bytes, each.kernel.scratch_bytes);
  }
  return bytes;
}

}  // namespace

LoadedDeviceKernel::LoadedDeviceKernel(const Gpu& gpu, const CompiledDeviceKernel& compiled)
    : gpu_(gpu), kernel_(compiled.kernel), code_(load_code(gpu, compiled)) {}

void LoadedDeviceKernel::launch(std::span<const std::uint64_t> operands,
                                std::uint64_t scratch) const {
  for (const DeviceLaunch& each : kernel_.launches) {
    const std::vector<LaunchValue> values =
        launch_values(each, operands, scratch, [this](const auto& map, std::uint64_t address) {
          return gpu_tensor_map(gpu_, table_map(map), address);
        });
    std::vector<const void*> parameters;
    for (const LaunchValue& value : values) parameters.push_back(value.data());
    code_->launch(each.entry,
                  {.grid = each.grid, .block = each.block, .shared_bytes = each.shared_bytes},
                  std::span<const void* const>(parameters));
  }
}

// As many calls as make a sample are a part; the parts together use each set of weights once, or
// one part uses all of them several times.
struct DeviceTiming::Calls {
  LoadedDeviceKernel kernel;
  std::size_t count = 1;                              // of a part
  std::size_t next = 0;                               // part
  std::vector<std::unique_ptr<GpuGraph>> parts = {};  // null: not recorded yet
  bool records = true;  // the driver does; else calls are queued one by one
};

DeviceTiming::DeviceTiming(const Gpu& gpu, const OperandMemory& memory,
                           std::vector<CompiledDeviceKernel> kernels, std::uint64_t rotate_bytes)
    : gpu_(gpu),
      kernels_(std::move(kernels)),
      operands_(gpu, memory, largest_scratch(kernels_)),
      calls_(kernels_.size()) {
  sets_.push_back(operands_.addresses());
  const std::uint64_t sets = weight_sets(memory.operands, rotate_bytes);
  while (sets_.size() < sets && add_set(memory)) {
  }
}

// False on a GPU without room for more: then what there is takes turns.
bool DeviceTiming::add_set(const OperandMemory& memory) try {
  std::vector<std::uint64_t> addresses = operands_.addresses();
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (memory.operands[i].role != Role::weight) continue;
    const auto bytes = static_cast<std::size_t>(memory.operands[i].bytes());
    copies_.push_back(std::make_unique<DeviceArray>(gpu_, bytes));
    copies_.back()->write({static_cast<const std::byte*>(memory.pages[i].data()), bytes});
    addresses[i] = reinterpret_cast<std::uint64_t>(copies_.back()->address());
  }
  sets_.push_back(std::move(addresses));
  return true;
} catch (const Error&) {
  return false;
}

DeviceTiming::~DeviceTiming() = default;

void DeviceTiming::queue(const Calls& calls, std::size_t first, std::size_t count) const {
  for (std::size_t c = first; c < first + count; ++c) {
    calls.kernel.launch(sets_[c % sets_.size()], operands_.scratch());
  }
}

std::unique_ptr<DeviceTiming::Calls> DeviceTiming::load(std::size_t kernel) const {
  auto calls = std::make_unique<Calls>(LoadedDeviceKernel(gpu_, kernels_.at(kernel)));
  queue(*calls, 0, 1);  // loads the code
  const double one = gpu_milliseconds(gpu_, [&] { queue(*calls, 0, 1); });
  const double wanted = one > 0 ? std::ceil(kTimedMilliseconds / one) : kMostCalls;
  calls->count = static_cast<std::size_t>(std::clamp(wanted, 1.0, kMostCalls));
  calls->parts.resize((sets_.size() + calls->count - 1) / calls->count);
  return calls;
}

void DeviceTiming::prepare(Calls& calls, std::size_t part) const {
  if (!calls.records || calls.parts[part]) return;
  try {
    calls.parts[part] =
        std::make_unique<GpuGraph>(gpu_, [&] { queue(calls, part * calls.count, calls.count); });
  } catch (const Error&) {
    calls.records = false;  // if the GPU is lost, the next launch says so
  }
}

void DeviceTiming::queue_part(const Calls& calls, std::size_t part) const {
  if (calls.parts[part]) return calls.parts[part]->launch();
  queue(calls, part * calls.count, calls.count);
}

double DeviceTiming::sample(std::size_t kernel) {
  std::unique_ptr<Calls>& calls = calls_.at(kernel);
  if (!calls) calls = load(kernel);
  const std::size_t before = calls->next;
  const std::size_t timed = (before + 1) % calls->parts.size();
  calls->next = (timed + 1) % calls->parts.size();
  prepare(*calls, before);
  prepare(*calls, timed);
  queue_part(*calls, before);
  const double milliseconds = gpu_milliseconds(gpu_, [&] { queue_part(*calls, timed); });
  return 1e-3 * milliseconds / static_cast<double>(calls->count);
}

}  // namespace vitgen
