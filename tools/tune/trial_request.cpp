#include "tools/tune/trial_request.h"

#include "generators/base/json.h"
#include "generators/ops/support/ops_table.h"

namespace vitgen {

TuningCheck check_for(const OpSpec& spec, bool on_device) {
  return has_one_order(spec) && !on_device ? TuningCheck::bits : TuningCheck::bound;
}

std::string TrialRequest::text() const {
  Json json = Json::object();
  json["spec"] = spec.text();
  json["on_device"] = on_device;
  json["seed"] = seed;
  json["threads"] = threads;
  json["runs"] = runs;
  json["expected"] = expected;
  json["rotate_bytes"] = rotate_bytes;
  json["memory_bytes"] = memory_bytes;
  json["cpu_seconds"] = cpu_seconds;
  json["kernels"] = Json::array();
  for (const KernelFile& kernel : kernels) {
    json["kernels"].push_back({{"object", kernel.object},
                               {"shared_scratch", kernel.shared_scratch},
                               {"task_scratch", kernel.task_scratch}});
  }
  return json.dump();
}

TrialRequest TrialRequest::parse(const std::string& path) {
  constexpr std::int64_t kMost = std::int64_t{1} << 50;
  const JsonFile file = read_json(path);
  const auto number = [](const JsonFile& from, std::string_view key) {
    return static_cast<std::uint64_t>(get_int(from, key, 0, kMost));
  };
  TrialRequest request;
  request.spec = OpSpec::parse(get_string(file, "spec"));
  request.on_device = get_bool(file, "on_device");
  request.seed = static_cast<std::uint32_t>(get_int(file, "seed", 0, UINT32_MAX));
  request.threads = static_cast<int>(get_int(file, "threads", 1, 1024));
  request.runs = static_cast<int>(get_int(file, "runs", 1, 1024));
  request.expected = get_string(file, "expected");
  request.rotate_bytes = number(file, "rotate_bytes");
  request.memory_bytes = number(file, "memory_bytes");
  request.cpu_seconds = number(file, "cpu_seconds");
  for (const JsonFile& each : json_elements(file, "kernels")) {
    request.kernels.push_back({.object = get_string(each, "object"),
                               .shared_scratch = number(each, "shared_scratch"),
                               .task_scratch = number(each, "task_scratch")});
  }
  return request;
}

}  // namespace vitgen
