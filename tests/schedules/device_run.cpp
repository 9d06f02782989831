#include <gtest/gtest.h>

#include <span>

#include "tests/ptx/interpreter.h"
#include "tests/ptx/tensor_map.h"
#include "tests/schedules/kernel_runner.h"
#include "tools/emit/device_arguments.h"

namespace vitgen {

namespace {

constexpr std::uint64_t kAlignment = 128;  // VITGEN_ALIGNMENT of runtime/table.h

/// Device memory whose parts are apart from each other.
class DeviceMemory {
 public:
  std::uint64_t add(std::span<std::byte> bytes) {
    const std::uint64_t address = next_;
    memory_.add(address, bytes);
    next_ += (bytes.size() / kAlignment + 2) * kAlignment;
    return address;
  }
  std::uint64_t add_constant(std::span<const std::byte> bytes) {
    const std::uint64_t address = next_;
    memory_.add_constant(address, bytes);
    next_ += (bytes.size() / kAlignment + 2) * kAlignment;
    return address;
  }
  const ptx::Memory& memory() const { return memory_; }

 private:
  ptx::Memory memory_;
  std::uint64_t next_ = 1u << 20;
};

std::vector<std::byte> encoded(const microkernels::TensorMap& map, std::uint64_t address) {
  ptx::TensorMap encoded{.dims = static_cast<std::uint8_t>(map.axes.size()),
                         .element_bytes = static_cast<std::uint8_t>(map.element_bytes),
                         .swizzle_bytes = static_cast<std::uint16_t>(map.swizzle_bytes),
                         .address = address};
  for (std::size_t d = 0; d < map.axes.size(); ++d) {
    encoded.extents.at(d) = static_cast<std::uint32_t>(map.axes[d].extent);
    encoded.box.at(d) = map.axes[d].box;
    if (d > 0) encoded.strides.at(d - 1) = map.axes[d].stride_bytes;
  }
  EXPECT_TRUE(is_legal(encoded));
  const auto bytes = std::as_bytes(std::span(&encoded, 1));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::vector<float> KernelRunner::run(const DeviceKernel& kernel) {
  clear_outputs();
  DeviceMemory memory;
  std::vector<std::uint64_t> addresses;
  for (std::size_t p = 0; p < operands_.size(); ++p) {
    const std::span<std::byte> data(bytes(p), static_cast<std::size_t>(operands_[p].bytes()));
    const bool is_output = operands_[p].role == Role::output;
    addresses.push_back(is_output ? memory.add(data) : memory.add_constant(data));
  }
  std::vector<std::byte> scratch(kernel.scratch_bytes);
  const std::uint64_t scratch_address = scratch.empty() ? 0 : memory.add(scratch);
  const ptx::Module module = ptx::parse(kernel.ptx);
  for (const DeviceLaunch& launch : kernel.launches) {
    const std::vector<LaunchValue> values =
        launch_values(launch, addresses, scratch_address, encoded);
    std::vector<const void*> parameters;
    for (const LaunchValue& value : values) parameters.push_back(value.data());
    ptx::run(module,
             {.entry = launch.entry,
              .grid = launch.grid,
              .block = launch.block,
              .shared_bytes = launch.shared_bytes,
              .parameters = parameters},
             memory.memory());
  }
  return outputs();
}

}  // namespace vitgen
