#pragma once
// A model in several safetensors files: `*.index.json` says which file holds which tensor.
//
// Errors of class bad_input: IDX_JSON, IDX_FIELD (the text); PATH_ESCAPE (a shard that is not a
// plain file name beside the index, or a symbolic link that is not allowed); IDX_DUP (a tensor in
// two shards, or one shard under two names); IDX_MISSING (a shard or a tensor that is not where the
// index says, or that the index does not know); IDX_LIMIT; IDX_SIZE (`total_size` is not the sum).
// The shards' own errors are those of safetensors.h.

#include <string>
#include <string_view>
#include <vector>

#include "generators/weights/safetensors.h"

namespace vitgen {

struct ShardOptions {
  /// Follow a shard that is a symbolic link, once, as caches of downloaded models need it. The
  /// target must lie below `cache_root` and must not be a link itself.
  bool follow_symlinks = false;
  /// Empty: for an index in `ROOT/snapshots/REVISION/` (the layout of Hugging Face's cache) it is
  /// ROOT, otherwise the directory of the index.
  std::string cache_root = {};
};

struct ShardLimits {
  static constexpr std::size_t index_bytes = std::size_t{32} << 20;
  static constexpr std::size_t shards = 10'000;
  static constexpr std::size_t tensors = 100'000;
};

/// Shards in the order of their names; `TensorInfo::file` of a tensor is unknown to them and set in
/// `tensors`, which lists all of them sorted by shard and position.
struct ShardedFiles {
  std::vector<Safetensors> files;
  std::vector<TensorInfo> tensors;
};

ShardedFiles open_sharded(const std::string& index_path, const ShardOptions& options = {});

/// What keeps `name` from being a plain file name, or an empty string.
std::string shard_name_problem(std::string_view name);

/// Opens the shard `name` in the directory of an index.
RegularFile open_shard(const std::string& directory, const std::string& name,
                       const ShardOptions& options);

}  // namespace vitgen
