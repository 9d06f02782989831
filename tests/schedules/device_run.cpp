#include "tests/ptx/interpreter.h"
#include "tests/schedules/kernel_runner.h"

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

std::uint64_t value_of(const LaunchArgument& argument, const std::vector<std::uint64_t>& operands,
                       std::uint64_t scratch) {
  switch (argument.kind) {
    case LaunchArgumentKind::operand:
      return operands.at(static_cast<std::size_t>(argument.index)) + argument.value;
    case LaunchArgumentKind::scratch:
      return scratch + argument.value;
    case LaunchArgumentKind::value:
      return argument.value;
  }
  return 0;
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
    std::vector<std::uint64_t> values;
    for (const LaunchArgument& argument : launch.arguments) {
      values.push_back(value_of(argument, addresses, scratch_address));
    }
    std::vector<const void*> parameters;
    for (const std::uint64_t& value : values) parameters.push_back(&value);
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
