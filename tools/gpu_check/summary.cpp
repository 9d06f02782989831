#include "tools/gpu_check/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

#include "generators/base/error.h"
#include "generators/base/file.h"
#include "generators/base/version.h"
#include "tools/gpu_check/aims.h"
#include "tools/gpu_check/missing_ops.h"
#include "tools/gpu_check/roofs.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPartBytes = std::uint64_t{64} << 20;

Json read_part(const fs::path& path) {
  const JsonCodes codes{
      .syntax = "GPU_PART", .duplicate = "GPU_PART", .field = "GPU_PART", .range = "GPU_PART"};
  return read_json(path.string(), {.bytes = kPartBytes}, codes).root;
}

/// All parts whose file's name begins so, by name.
Json read_parts(const fs::path& folder, std::string_view beginning) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(beginning) && name.ends_with(".json")) paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  Json parts = Json::array();
  for (const fs::path& path : paths) parts.push_back(read_part(path));
  return parts;
}

Json read_optional(const fs::path& path) {
  return fs::exists(path) ? read_part(path) : Json::object();
}

Json read_lines(const fs::path& path) {
  Json lines = Json::array();
  if (!fs::exists(path)) return lines;
  const std::string text = RegularFile::open(path.string()).read_whole(kPartBytes);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.push_back(printable(text.substr(at, end - at), 400));
    at = end + 1;
  }
  return lines;
}

/// The ops that no library of the check has.
Json unchecked_ops(const Json& checks) {
  std::set<std::string> seen;
  for (const Json& check : checks) {
    for (const Json& op : check["ops"]) seen.insert(op["op"].get<std::string>());
  }
  return missing_ops(seen);
}

}  // namespace

Json gpu_summary(const std::string& folder) {
  const fs::path parts(folder);
  const Json checks = read_parts(parts, "check_");
  Json bench = read_parts(parts, "bench_");
  join_roofs(bench, read_parts(parts, "roofs_"));
  const Json peers = read_optional(parts / "peers.json");
  return {{"schema", 1},
          {"vitgen", kVersion},
          {"device", read_optional(parts / "device.json")},
          {"aims", gpu_aims(bench, peers)},
          {"checks", checks},
          {"ops_not_checked", unchecked_ops(checks)},
          {"sanitizer", read_optional(parts / "sanitizer.json")},
          {"bench", bench},
          {"peers", peers},
          {"skipped", read_lines(parts / "skipped.txt")},
          {"failed", read_lines(parts / "failed.txt")}};
}

Verdict verdict_of(const Json& summary) {
  const Json& checks = summary["checks"];
  const auto passes = [](const Json& check) { return check["pass"] == true; };
  if (!std::ranges::all_of(checks, passes)) return Verdict::wrong;
  return checks.empty() || !summary["failed"].empty() ? Verdict::incomplete : Verdict::right;
}

}  // namespace vitgen
