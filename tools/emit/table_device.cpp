#include "tools/emit/table_device.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace vitgen {

namespace {

static_assert(static_cast<int>(LaunchArgumentKind::operand) == VITGEN_ARGUMENT_OPERAND &&
              static_cast<int>(LaunchArgumentKind::scratch) == VITGEN_ARGUMENT_SCRATCH &&
              static_cast<int>(LaunchArgumentKind::value) == VITGEN_ARGUMENT_VALUE &&
              static_cast<int>(LaunchArgumentKind::tensor_map) == VITGEN_ARGUMENT_TENSOR_MAP);

std::uint32_t narrow(std::size_t count) { return static_cast<std::uint32_t>(count); }

std::uint64_t rounded_up(std::uint64_t bytes) {
  return (bytes + VITGEN_ALIGNMENT - 1) / VITGEN_ALIGNMENT * VITGEN_ALIGNMENT;
}

}  // namespace

vitgen_tensor_map table_map(const microkernels::TensorMap& map) {
  vitgen_tensor_map row = {};
  row.dims = narrow(map.axes.size());
  row.element_bytes = static_cast<std::uint32_t>(map.element_bytes);
  row.swizzle_bytes = static_cast<std::uint32_t>(map.swizzle_bytes);
  for (std::size_t d = 0; d < map.axes.size(); ++d) {
    row.box[d] = map.axes[d].box;
    row.extents[d] = map.axes[d].extent;
    row.strides[d] = map.axes[d].stride_bytes;
  }
  return row;
}

std::optional<PointerTarget> DeviceTable::put(std::size_t kernel) {
  const std::vector<KernelVariant>& variants = request_.kernels[kernel].variants;
  const auto is_device = [](const KernelVariant& each) { return each.device.has_value(); };
  if (std::ranges::none_of(variants, is_device)) return std::nullopt;
  const std::uint64_t array = data_.reserve_rows<void*>(variants.size());
  for (std::size_t m = 0; m < variants.size(); ++m) {
    if (!is_device(variants[m])) continue;
    data_.point(array + sizeof(void*) * m, {device_kernel(kernel, m), {}});
  }
  return PointerTarget{array, {}};
}

std::uint64_t DeviceTable::device_kernel(std::size_t kernel, std::size_t machine) {
  const DeviceKernel& device = request_.kernels[kernel].variants[machine].device->kernel;
  const std::vector<std::size_t>& codes = codes_.of_variant[kernel][machine];
  const auto [at, is_new] =
      known_.try_emplace(fmt::format("{} {}", codes, launches_text(device)), 0);
  if (!is_new) return at->second;
  at->second = data_.reserve_rows<vitgen_device_kernel>(1);
  data_.row<vitgen_device_kernel>(at->second)
      .point(&vitgen_device_kernel::codes, put_codes(codes))
      .set(&vitgen_device_kernel::code_count, narrow(codes.size()))
      .set(&vitgen_device_kernel::launch_count, narrow(device.launches.size()))
      .point(&vitgen_device_kernel::launches, put_launches(device.launches))
      .set(&vitgen_device_kernel::scratch_bytes, rounded_up(device.scratch_bytes));
  return at->second;
}

PointerTarget DeviceTable::put_codes(const std::vector<std::size_t>& codes) {
  const std::uint64_t array = data_.reserve_rows<vitgen_device_code>(codes.size());
  for (std::size_t c = 0; c < codes.size(); ++c) {
    const DeviceCode& code = codes_.list[codes[c]];
    data_.row<vitgen_device_code>(array, c)
        .set(&vitgen_device_code::capability, static_cast<std::uint32_t>(code.capability))
        .set(&vitgen_device_code::is_cubin, std::uint32_t{code.is_cubin})
        .point(&vitgen_device_code::bytes, {0, code.symbol})
        .set(&vitgen_device_code::size, code.bytes.size() + (code.is_cubin ? 0u : 1u));
  }
  return {array, {}};
}

PointerTarget DeviceTable::put_launches(const std::vector<DeviceLaunch>& launches) {
  const std::uint64_t array = data_.reserve_rows<vitgen_launch>(launches.size());
  for (std::size_t l = 0; l < launches.size(); ++l) {
    const DeviceLaunch& launch = launches[l];
    data_.row<vitgen_launch>(array, l)
        .point(&vitgen_launch::entry, data_.text(launch.entry))
        .set_array(&vitgen_launch::grid, launch.grid)
        .set_array(&vitgen_launch::block, launch.block)
        .set(&vitgen_launch::shared_bytes, launch.shared_bytes)
        .set(&vitgen_launch::argument_count, narrow(launch.arguments.size()))
        .point(&vitgen_launch::arguments, put_arguments(launch.arguments));
  }
  return {array, {}};
}

PointerTarget DeviceTable::put_arguments(const std::vector<LaunchArgument>& arguments) {
  const std::uint64_t array = data_.reserve_rows<vitgen_launch_argument>(arguments.size());
  for (std::size_t a = 0; a < arguments.size(); ++a) {
    const LaunchArgument& argument = arguments[a];
    data_.row<vitgen_launch_argument>(array, a)
        .set(&vitgen_launch_argument::kind, static_cast<vitgen_argument_kind>(argument.kind))
        .set(&vitgen_launch_argument::bytes, static_cast<std::uint8_t>(argument.bytes))
        .set(&vitgen_launch_argument::index, static_cast<std::uint32_t>(argument.index))
        .set(&vitgen_launch_argument::value, argument.value);
    if (!argument.map) continue;
    const std::uint64_t map =
        data_.append(std::span<const vitgen_tensor_map>({table_map(*argument.map)}));
    data_.row<vitgen_launch_argument>(array, a).point(&vitgen_launch_argument::map, {map, {}});
  }
  return {array, {}};
}

}  // namespace vitgen
