#include "tools/emit/device_arguments.h"

namespace vitgen {

std::vector<std::uint64_t> launch_values(const DeviceLaunch& launch,
                                         std::span<const std::uint64_t> operands,
                                         std::uint64_t scratch) {
  std::vector<std::uint64_t> values;
  for (const LaunchArgument& argument : launch.arguments) {
    switch (argument.kind) {
      case LaunchArgumentKind::operand:
        values.push_back(operands[static_cast<std::size_t>(argument.index)] + argument.value);
        break;
      case LaunchArgumentKind::scratch:
        values.push_back(scratch + argument.value);
        break;
      case LaunchArgumentKind::value:
        values.push_back(argument.value);
        break;
    }
  }
  return values;
}

}  // namespace vitgen
