#include "tools/emit/device_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "generators/base/error.h"
#include "generators/base/json.h"
#include "runtime/table.h"
#include "tools/emit/kernel_object_code.h"

namespace vitgen {

namespace {

constexpr const char* kName = "a kernel's device file";
constexpr const char* kCode = "DEVICE_KERNEL";
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 40;
constexpr std::int64_t kMaxDimension = (std::int64_t{1} << 31) - 1;  // of a grid (CUDA, table 27)
constexpr int kHex = 16;

// In the order of LaunchArgumentKind.
constexpr std::array<std::string_view, 4> kKinds = {"operand", "scratch", "value", "tensor_map"};

// Of each axis, innermost first.
Json map_json(const microkernels::TensorMap& map) {
  Json extents = Json::array(), strides = Json::array(), box = Json::array();
  for (const microkernels::MapAxis& axis : map.axes) {
    extents.push_back(axis.extent);
    strides.push_back(axis.stride_bytes);
    box.push_back(axis.box);
  }
  return {{"element_bytes", map.element_bytes},
          {"swizzle_bytes", map.swizzle_bytes},
          {"extents", extents},
          {"strides", strides},
          {"box", box}};
}

Json argument_json(const LaunchArgument& argument) {
  Json json = {{"kind", kKinds[static_cast<std::size_t>(argument.kind)]},
               {"bytes", argument.bytes},
               {"index", argument.index},
               {"value", fmt::format("{:x}", argument.value)}};
  if (argument.map) json["map"] = map_json(*argument.map);
  return json;
}

Json launch_json(const DeviceLaunch& launch) {
  Json arguments = Json::array();
  for (const LaunchArgument& each : launch.arguments) arguments.push_back(argument_json(each));
  return {{"entry", launch.entry},
          {"grid", launch.grid},
          {"block", launch.block},
          {"shared_bytes", launch.shared_bytes},
          {"arguments", arguments}};
}

Json head_json(const DeviceKernel& kernel) {
  Json launches = Json::array();
  for (const DeviceLaunch& each : kernel.launches) launches.push_back(launch_json(each));
  return {{"scratch_bytes", kernel.scratch_bytes}, {"launches", launches}};
}

microkernels::TensorMap map_of(const JsonFile& json) {
  constexpr std::int64_t kMaxBox = 256;  // CUDA driver API, cuTensorMapEncodeTiled
  constexpr std::int64_t kSwizzle = 128;
  const auto list = [&](std::string_view key) {
    return get_int_array(json, key, 1, key == "map.box" ? kMaxBox : kMaxBytes, VITGEN_MAX_MAP_DIMS);
  };
  const std::vector<std::int64_t> extents = list("map.extents"), strides = list("map.strides"),
                                  box = list("map.box");
  if (extents.empty() || strides.size() != extents.size() || box.size() != extents.size()) {
    json_error(json, "map", kCode, "expected as many extents, strides and sizes of a box");
  }
  if (get_int(json, "map.swizzle_bytes", 0, kSwizzle) % kSwizzle != 0) {
    json_error(json, "map.swizzle_bytes", kCode, "expected 0 or 128");
  }
  if (get_int(json, "map.element_bytes", 1, 4) == 3) {
    json_error(json, "map.element_bytes", kCode, "expected 1, 2 or 4");
  }
  microkernels::TensorMap map{
      .element_bytes = static_cast<int>(get_int(json, "map.element_bytes", 1, 4)),
      .swizzle_bytes = static_cast<int>(get_int(json, "map.swizzle_bytes", 0, 128)),
      .axes = {}};
  for (std::size_t d = 0; d < extents.size(); ++d) {
    map.axes.push_back({static_cast<std::uint64_t>(extents[d]),
                        static_cast<std::uint64_t>(strides[d]),
                        static_cast<std::uint32_t>(box[d])});
  }
  return map;
}

Json reports_json(const std::vector<AssemblerReport>& reports) {
  Json list = Json::array();
  for (const AssemblerReport& each : reports) {
    list.push_back({{"entry", each.entry},
                    {"registers", each.registers},
                    {"stack_bytes", each.stack_bytes},
                    {"spill_bytes", each.spill_bytes},
                    {"shared_bytes", each.shared_bytes},
                    {"losses", each.losses}});
  }
  return list;
}

AssemblerReport report_of(const JsonFile& json) {
  const auto number = [&](std::string_view key) {
    return static_cast<int>(get_int(json, key, 0, kMaxDimension));
  };
  return {.entry = get_string(json, "entry"),
          .registers = number("registers"),
          .stack_bytes = number("stack_bytes"),
          .spill_bytes = number("spill_bytes"),
          .shared_bytes = number("shared_bytes"),
          .losses = get_string(json, "losses")};
}

LaunchArgument argument_of(const JsonFile& json) {
  const std::string kind = get_string(json, "kind");
  const auto known = std::ranges::find(kKinds, kind);
  if (known == kKinds.end()) json_error(json, "kind", kCode, "unknown: " + printable(kind));
  LaunchArgument argument{.kind = static_cast<LaunchArgumentKind>(known - kKinds.begin()),
                          .index = static_cast<int>(get_int(json, "index", 0, kMaxDimension))};
  const bool is_map = argument.kind == LaunchArgumentKind::tensor_map;
  const int least = is_map ? kTensorMapBytes : 1, most = is_map ? kTensorMapBytes : 8;
  argument.bytes = static_cast<int>(get_int(json, "bytes", least, most));
  if (is_map) argument.map = map_of(json);
  if (!is_map && has_value(json, "map")) json_error(json, "map", kCode, "of no tensor map");
  const std::string value = get_string(json, "value");
  const char* end = value.data() + value.size();
  const auto [read, error] = std::from_chars(value.data(), end, argument.value, kHex);
  if (error != std::errc{} || read != end) json_error(json, "value", kCode, "no hex number");
  return argument;
}

std::array<std::uint32_t, 3> dimensions(const JsonFile& json, std::string_view key) {
  const std::vector<std::int64_t> list = get_int_array(json, key, 1, kMaxDimension, 3);
  if (list.size() != 3) json_error(json, key, kCode, "expected 3 numbers");
  return {static_cast<std::uint32_t>(list[0]), static_cast<std::uint32_t>(list[1]),
          static_cast<std::uint32_t>(list[2])};
}

DeviceLaunch launch_of(const JsonFile& json) {
  DeviceLaunch launch{
      .entry = get_string(json, "entry"),
      .grid = dimensions(json, "grid"),
      .block = dimensions(json, "block"),
      .shared_bytes = static_cast<std::uint32_t>(get_int(json, "shared_bytes", 0, kMaxDimension)),
      .arguments = {}};
  for (const JsonFile& each : json_elements(json, "arguments")) {
    launch.arguments.push_back(argument_of(each));
  }
  return launch;
}

}  // namespace

std::string launches_text(const DeviceKernel& kernel) { return head_json(kernel).dump(); }

std::string device_file_text(const CompiledDeviceKernel& compiled) {
  Json head = {{"ptx_bytes", compiled.kernel.ptx.size()}, {"cubin_bytes", compiled.cubin.size()}};
  head.update(head_json(compiled.kernel));
  head["reports"] = reports_json(compiled.reports);
  return head.dump() + "\n" + compiled.kernel.ptx + compiled.cubin;
}

CompiledDeviceKernel parse_device_file(std::string_view text) {
  const std::size_t line = std::min(text.find('\n'), text.size());
  const JsonLimits limits{.bytes = kMaxObjectBytes, .depth = 8};
  const JsonCodes codes{.syntax = kCode, .duplicate = kCode, .field = kCode, .range = kCode};
  const JsonFile head = parse_json(text.substr(0, line), kName, limits, codes);
  const auto ptx_bytes = static_cast<std::size_t>(get_int(head, "ptx_bytes", 1, kMaxBytes));
  const auto cubin_bytes = static_cast<std::size_t>(get_int(head, "cubin_bytes", 0, kMaxBytes));
  const std::string_view code = text.substr(std::min(line + 1, text.size()));
  if (code.size() != ptx_bytes + cubin_bytes) {
    json_error(head, "ptx_bytes", kCode,
               fmt::format("{} bytes of code, not {}", code.size(), ptx_bytes + cubin_bytes));
  }
  CompiledDeviceKernel compiled;
  compiled.kernel.ptx = code.substr(0, ptx_bytes);
  compiled.cubin = code.substr(ptx_bytes);
  compiled.kernel.scratch_bytes =
      static_cast<std::uint64_t>(get_int(head, "scratch_bytes", 0, kMaxBytes));
  for (const JsonFile& each : json_elements(head, "launches")) {
    compiled.kernel.launches.push_back(launch_of(each));
  }
  for (const JsonFile& each : json_elements(head, "reports")) {
    compiled.reports.push_back(report_of(each));
  }
  return compiled;
}

}  // namespace vitgen
