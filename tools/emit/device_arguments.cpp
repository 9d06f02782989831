#include "tools/emit/device_arguments.h"

#include "generators/base/error.h"

namespace vitgen {

namespace {

LaunchValue bytes_of(std::uint64_t number) {
  const auto bytes = std::as_bytes(std::span(&number, 1));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::vector<LaunchValue> launch_values(const DeviceLaunch& launch,
                                       std::span<const std::uint64_t> operands,
                                       std::uint64_t scratch, const MapEncoder& encode) {
  std::vector<LaunchValue> values;
  for (const LaunchArgument& argument : launch.arguments) {
    const auto operand = [&] {
      const auto index = static_cast<std::size_t>(argument.index);
      if (index >= operands.size()) {
        throw Error(ExitCode::internal, "DEVICE_KERNEL",
                    "a launch asks for an operand beyond the last");
      }
      return operands[index] + argument.value;
    };
    switch (argument.kind) {
      case LaunchArgumentKind::operand:
        values.push_back(bytes_of(operand()));
        break;
      case LaunchArgumentKind::scratch:
        values.push_back(bytes_of(scratch + argument.value));
        break;
      case LaunchArgumentKind::value:
        values.push_back(bytes_of(argument.value));
        break;
      case LaunchArgumentKind::tensor_map:
        values.push_back(encode(argument.map.value(), operand()));
        break;
    }
  }
  return values;
}

}  // namespace vitgen
