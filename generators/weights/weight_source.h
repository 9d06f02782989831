#pragma once
// Where a model's weights come from: one safetensors file, an index with shards, an .npz, or a
// seed. What the rest of the generator sees of weights; tensors are read one at a time, so that
// peak memory is the largest tensor and not the model.
//
// Errors of class bad_input: MODEL_MISSING, MODEL_SHAPE, MODEL_ZERO_DIM, MODEL_DTYPE,
// MODEL_NONFINITE, and those of safetensors.h, sharded.h and npz.h; IO_* of class io.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "generators/weights/npz.h"
#include "generators/weights/sharded.h"
#include "generators/weights/tensor_info.h"

namespace vitgen {

struct WeightOptions {
  ShardOptions shards;
  /// Refuse tensors with a NaN or an infinity when they are read.
  bool strict = false;
};

class WeightSource {
 public:
  /// `*.index.json` is an index with shards, `*.npz` what numpy saves, everything else one
  /// safetensors file.
  static WeightSource open(const std::string& path, const WeightOptions& options = {});

  /// Every tensor of the list as f32, with values that depend on the seed and its name only
  /// (random_weights.h).
  static WeightSource random(std::vector<std::pair<std::string, Shape>> tensors,
                             std::uint64_t seed);

  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  const TensorInfo* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }

  /// The tensor, when it is there, has exactly this shape and is f32, f16 or bf16.
  const TensorInfo& require(std::string_view name, const Shape& expected) const;

  /// All values as f32, exact for f16 and bf16. Row-major.
  std::vector<float> read_f32(std::string_view name) const;

  /// Values [first, first + out.size()) of a tensor of this source.
  void read_f32(const TensorInfo& tensor, std::uint64_t first, std::span<float> out) const;

  /// Rows [first, first + count) along the first axis; a row is everything below one index of it.
  std::vector<float> read_rows(const TensorInfo& tensor, std::uint64_t first,
                               std::uint64_t count) const;

  /// How many values are NaN or infinite. Reads the tensor in pieces of 256 KiB.
  std::uint64_t count_nonfinite(const TensorInfo& tensor) const;

  /// Names of this source that are not in `used`, in the order of tensors().
  std::vector<std::string> unused(std::span<const std::string> used) const;

  /// For messages and the manifest: the path, or `random weights, seed 7`.
  const std::string& description() const { return description_; }

 private:
  WeightSource() = default;
  void index_names();
  void read_unchecked(const TensorInfo& tensor, std::uint64_t first, std::span<float> out) const;

  std::string description_;
  std::vector<Safetensors> files_;  ///< empty for an .npz and for random weights
  std::optional<Npz> npz_;
  std::uint64_t seed_ = 0;
  bool strict_ = false;
  std::vector<TensorInfo> tensors_;
  std::vector<std::uint32_t> by_name_;
};

}  // namespace vitgen
