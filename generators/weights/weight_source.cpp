#include "generators/weights/weight_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "generators/base/error.h"
#include "generators/base/suggest.h"
#include "generators/weights/random_weights.h"
#include "generators/weights/stacked_blocks.h"

namespace vitgen {
namespace {

constexpr std::size_t piece_elements = std::size_t{64} << 10;

[[noreturn]] void refuse(std::string_view name, std::string_view code, const std::string& what,
                         const std::string& hint = {}) {
  throw Error(ExitCode::bad_input, code, fmt::format("{}: {}", printable(name), what), hint);
}

std::uint64_t nonfinite_in(std::span<const float> values) {
  return static_cast<std::uint64_t>(std::count_if(
      values.begin(), values.end(), [](float value) { return !std::isfinite(value); }));
}

[[noreturn]] void refuse_shape(const TensorInfo& tensor, const Shape& expected) {
  const Shape& got = tensor.shape;
  const auto zero = [](std::int64_t size) { return size == 0; };
  const std::string what =
      fmt::format("expected {}, got {}", shape_text(expected), shape_text(got));
  if (std::any_of(got.begin(), got.end(), zero)) refuse(tensor.name, "MODEL_ZERO_DIM", what);
  const bool transposed =
      got.size() == expected.size() && std::equal(got.begin(), got.end(), expected.rbegin());
  refuse(tensor.name, "MODEL_SHAPE", what, transposed ? "the axes are in reverse order" : "");
}

}  // namespace

void WeightSource::index_names() { by_name_ = sort_by_name(tensors_); }

WeightSource WeightSource::open(const std::string& path, const WeightOptions& options) {
  WeightSource out;
  out.description_ = path;
  out.strict_ = options.strict;
  if (path.ends_with(".index.json")) {
    ShardedFiles sharded = open_sharded(path, options.shards);
    out.files_ = std::move(sharded.files);
    out.tensors_ = std::move(sharded.tensors);
  } else if (path.ends_with(".npz")) {
    out.npz_ = Npz::open(path);
    out.tensors_ = without_stacks(out.npz_->tensors(), path);
  } else {
    out.files_.push_back(Safetensors::open(path));
    out.tensors_ = out.files_.front().tensors();
  }
  out.index_names();
  return out;
}

WeightSource WeightSource::random(std::vector<std::pair<std::string, Shape>> tensors,
                                  std::uint64_t seed) {
  WeightSource out;
  out.description_ = fmt::format("random weights, seed {}", seed);
  out.seed_ = seed;
  std::uint64_t offset = 0;
  for (auto& [name, shape] : tensors) {
    const std::uint64_t bytes = 4 * element_count(shape);
    out.tensors_.push_back({.name = std::move(name),
                            .dtype = StoredType::f32,
                            .shape = std::move(shape),
                            .begin = offset,
                            .end = offset + bytes});
    offset += bytes;
  }
  out.index_names();
  return out;
}

const TensorInfo* WeightSource::find(std::string_view name) const {
  return find_by_name(tensors_, by_name_, name);
}

const TensorInfo& WeightSource::require(std::string_view name, const Shape& expected) const {
  const TensorInfo* tensor = find(name);
  if (tensor == nullptr) {
    std::vector<std::string_view> names;
    for (const TensorInfo& known : tensors_) names.push_back(known.name);
    refuse(name, "MODEL_MISSING", fmt::format("not in {}", printable(description_, 300)),
           suggestion_hint(name, names));
  }
  if (tensor->shape != expected) refuse_shape(*tensor, expected);
  if (!is_weight_dtype(tensor->dtype)) {
    refuse(name, "MODEL_DTYPE",
           fmt::format("expected F32, F16 or BF16, got {}", dtype_name(tensor->dtype)));
  }
  return *tensor;
}

void WeightSource::read_unchecked(const TensorInfo& tensor, std::uint64_t first,
                                  std::span<float> out) const {
  if (npz_) {
    npz_->read_f32(tensor, first, out);
  } else if (files_.empty()) {
    random_values(tensor.name, tensor.shape, seed_, first, out);
  } else {
    files_[tensor.file].read_f32(tensor, first, out);
  }
}

void WeightSource::read_f32(const TensorInfo& tensor, std::uint64_t first,
                            std::span<float> out) const {
  read_unchecked(tensor, first, out);
  if (!strict_ || nonfinite_in(out) == 0) return;
  refuse(tensor.name, "MODEL_NONFINITE",
         fmt::format("{} of {} values are NaN or infinite", count_nonfinite(tensor),
                     element_count(tensor.shape)));
}

std::vector<float> WeightSource::read_f32(std::string_view name) const {
  const TensorInfo* tensor = find(name);
  if (tensor == nullptr) {
    refuse(name, "MODEL_MISSING", fmt::format("not in {}", printable(description_, 300)));
  }
  std::vector<float> values(element_count(tensor->shape));
  read_f32(*tensor, 0, values);
  return values;
}

std::vector<float> WeightSource::read_rows(const TensorInfo& tensor, std::uint64_t first,
                                           std::uint64_t count) const {
  const Shape row(tensor.shape.begin() + (tensor.shape.empty() ? 0 : 1), tensor.shape.end());
  const std::uint64_t size = element_count(row);
  std::vector<float> values(count * size);
  read_f32(tensor, first * size, values);
  return values;
}

std::uint64_t WeightSource::count_nonfinite(const TensorInfo& tensor) const {
  const std::uint64_t size = element_count(tensor.shape);
  std::vector<float> piece(std::min<std::uint64_t>(size, piece_elements));
  std::uint64_t found = 0;
  for (std::uint64_t first = 0; first < size; first += piece.size()) {
    const std::span part(piece.data(), std::min<std::uint64_t>(piece.size(), size - first));
    read_unchecked(tensor, first, part);
    found += nonfinite_in(part);
  }
  return found;
}

std::vector<std::string> WeightSource::unused(std::span<const std::string> used) const {
  std::vector<std::string_view> known(used.begin(), used.end());
  std::sort(known.begin(), known.end());
  std::vector<std::string> out;
  for (const TensorInfo& tensor : tensors_) {
    const bool is_used = std::binary_search(known.begin(), known.end(), tensor.name);
    if (!is_used) out.push_back(tensor.name);
  }
  return out;
}

}  // namespace vitgen
