#include "generators/weights/sharded.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "generators/base/error.h"
#include "generators/base/json.h"

namespace vitgen {
namespace {

using WeightMap = std::vector<std::pair<std::string_view, std::string_view>>;  // tensor, shard

JsonFile read_index(const std::string& path) {
  return read_json(
      path, {.bytes = ShardLimits::index_bytes, .depth = 8},
      {.syntax = "IDX_JSON", .duplicate = "IDX_DUP", .field = "IDX_FIELD", .range = "IDX_FIELD"});
}

/// Tensor names and shard names, sorted by tensor; the views live in `index`.
WeightMap weight_map_of(const JsonFile& index) {
  const Json* map = find_json(index, "weight_map");
  if (map == nullptr || !map->is_object()) {
    json_error(index, "weight_map", "IDX_FIELD", "missing or not an object");
  }
  if (map->size() > ShardLimits::tensors) {
    json_error(index, "weight_map", "IDX_LIMIT",
               fmt::format("{} tensors, the limit is {}", map->size(), ShardLimits::tensors));
  }
  WeightMap entries;
  for (const auto& [tensor, shard] : map->items()) {
    if (!shard.is_string()) {
      json_error(index, "weight_map." + tensor, "IDX_FIELD", "expected the name of a file");
    }
    entries.emplace_back(tensor, shard.get_ref<const std::string&>());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::string folded(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// The distinct shards, each a safe name; nothing is opened before all of them are.
std::set<std::string> shard_names(const JsonFile& index, const WeightMap& map) {
  std::set<std::string> names;
  for (const auto& entry : map) names.emplace(entry.second);
  if (names.size() > ShardLimits::shards) {
    json_error(index, "weight_map", "IDX_LIMIT",
               fmt::format("{} shards, the limit is {}", names.size(), ShardLimits::shards));
  }
  std::set<std::string> without_case;
  for (const std::string& name : names) {
    if (const std::string problem = shard_name_problem(name); !problem.empty()) {
      json_error(index, "weight_map", "PATH_ESCAPE",
                 fmt::format("shard \"{}\" {}", printable(name, 60), problem),
                 "shards are named by the plain name of a file beside the index");
    }
    if (!without_case.insert(folded(name)).second) {
      json_error(
          index, "weight_map", "IDX_DUP",
          fmt::format("shard \"{}\" differs from another one only by case", printable(name)));
    }
  }
  return names;
}

/// N of `...-00001-of-0000N.safetensors`, or 0.
std::size_t series_length(std::string_view name) {
  constexpr std::string_view suffix = ".safetensors", of = "-of-";
  if (!name.ends_with(suffix)) return 0;
  name.remove_suffix(suffix.size());
  const std::size_t at = name.rfind(of);
  if (at == name.npos || at == 0) return 0;
  const std::string_view digits = name.substr(at + of.size());
  const bool number = !digits.empty() && digits.size() <= 5 &&
                      digits.find_first_not_of("0123456789") == digits.npos;
  return number ? std::stoul(std::string(digits)) : 0;
}

void require_whole_series(const JsonFile& index, const std::set<std::string>& names) {
  if (names.empty()) return;
  const std::size_t length = series_length(*names.begin());
  const bool series = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return series_length(name) == length;
  });
  if (!series || length == 0 || names.size() == length) return;
  json_error(index, "weight_map", "IDX_MISSING",
             fmt::format("lists {} of {} shards", names.size(), length));
}

void require_distinct_file(const JsonFile& index, const std::vector<Safetensors>& files,
                           const Safetensors& added) {
  for (const Safetensors& other : files) {
    const FileStamp &a = other.file().stamp(), &b = added.file().stamp();
    if (a.device != b.device || a.inode != b.inode) continue;
    json_error(index, "weight_map", "IDX_DUP",
               fmt::format("{} and {} are one file", printable(other.name(), 200),
                           printable(added.name(), 200)));
  }
}

/// Checks the tensors of the shard `name` against the index and appends them.
void add_tensors(const JsonFile& index, const WeightMap& map, const std::string& name,
                 const Safetensors& shard, ShardedFiles& out) {
  for (const TensorInfo& tensor : shard.tensors()) {
    const auto entry = std::lower_bound(
        map.begin(), map.end(), std::pair<std::string_view, std::string_view>(tensor.name, ""));
    const bool known = entry != map.end() && entry->first == tensor.name;
    if (known && entry->second == name) {
      out.tensors.push_back(tensor);
      out.tensors.back().file = static_cast<std::uint32_t>(out.files.size());
      continue;
    }
    const std::string what =
        known ? fmt::format("also in shard \"{}\"", printable(entry->second, 60)) : "not listed";
    json_error(index, fmt::format("weight_map.{}", tensor.name), known ? "IDX_DUP" : "IDX_MISSING",
               fmt::format("in shard \"{}\", {}", printable(name, 60), what));
  }
}

void require_all_found(const JsonFile& index, const WeightMap& map, const ShardedFiles& out) {
  if (out.tensors.size() == map.size()) return;
  std::set<std::string_view> found;
  for (const TensorInfo& tensor : out.tensors) found.insert(tensor.name);
  for (const auto& [tensor, shard] : map) {
    if (found.contains(tensor)) continue;
    json_error(index, fmt::format("weight_map.{}", tensor), "IDX_MISSING",
               fmt::format("not in shard \"{}\"", printable(shard, 60)));
  }
}

void require_total_size(const JsonFile& index, const ShardedFiles& out) {
  if (!has_value(index, "metadata.total_size")) return;
  std::int64_t sum = 0;
  for (const TensorInfo& tensor : out.tensors)
    sum += static_cast<std::int64_t>(tensor.byte_count());
  const std::int64_t listed = get_int(index, "metadata.total_size", 0, INT64_MAX);
  if (listed == sum) return;
  json_error(index, "metadata.total_size", "IDX_SIZE",
             fmt::format("{} bytes, the shards hold {}", listed, sum));
}

}  // namespace

ShardedFiles open_sharded(const std::string& index_path, const ShardOptions& options) {
  const JsonFile index = read_index(index_path);
  const WeightMap map = weight_map_of(index);
  const std::set<std::string> names = shard_names(index, map);
  require_whole_series(index, names);
  const std::string parent = std::filesystem::path(index_path).parent_path().string();
  const std::string directory = parent.empty() ? "." : parent;
  ShardedFiles out;
  for (const std::string& name : names) {
    Safetensors shard = Safetensors::adopt(open_shard(directory, name, options));
    require_distinct_file(index, out.files, shard);
    add_tensors(index, map, name, shard, out);
    out.files.push_back(std::move(shard));
  }
  require_all_found(index, map, out);
  require_total_size(index, out);
  return out;
}

}  // namespace vitgen
