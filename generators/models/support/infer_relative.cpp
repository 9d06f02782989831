#include "generators/models/support/infer_relative.h"

#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/models/support/infer.h"

namespace vitgen {

namespace {

/// What tables of this many buckets were published for, the bucket of other tokens left out.
struct Published {
  std::int64_t buckets;
  BucketMethod method;
  float ratio;
};
constexpr Published published[] = {
    {49, BucketMethod::product, 1.9f}, {121, BucketMethod::product, 2.5f},
    {169, BucketMethod::product, 3},   {81, BucketMethod::euclidean, 20},
    {133, BucketMethod::quant, 33},    {81, BucketMethod::cross, 20},
};

/// The table for one of q, k and v; null if there is none.
struct Table {
  const TensorInfo* tensor = nullptr;
  bool contextual = false;
  bool crossed = false;
};

Table find_table(const WeightSource& weights, const TensorNames& names, char of) {
  for (const std::string* pattern : {&names.relative, &names.relative_rows}) {
    if (pattern->empty()) continue;
    const std::string own = table_pattern(*pattern, of);
    const bool crossed = pattern == &names.relative_rows;
    for (const bool contextual : {true, false}) {
      const TensorInfo* tensor = weights.find(tensor_name(own, contextual ? "weight" : "bias"));
      if (tensor) return {tensor, contextual, crossed};
    }
  }
  return {};
}

/// {heads, size, buckets} of q and k, {heads, buckets, size} of v, {heads, buckets} of biases.
std::int64_t buckets_of(const Table& table, char of) {
  const Shape& shape = table.tensor->shape;
  const std::size_t axes = table.contextual ? 3 : 2;
  if (shape.size() != axes) {
    throw Error(ExitCode::bad_input, "MODEL_SHAPE",
                fmt::format("{}: expected {} axes, got {}", printable(table.tensor->name), axes,
                            shape_text(shape)));
  }
  return table.contextual && of == 'v' ? shape[1] : shape.back();
}

const Published& publication_of(const Table& table, std::int64_t buckets, bool skips) {
  for (const Published& row : published) {
    const bool crossed = row.method == BucketMethod::cross;
    if (row.buckets + (skips ? 1 : 0) == buckets && crossed == table.crossed) return row;
  }
  throw Error(ExitCode::bad_input, "CFG_FIELD",
              fmt::format("{}: {} buckets do not show the method of the relative positions",
                          printable(table.tensor->name), buckets),
              "give it, like --set relative=rpe-1.9-product-ctx-1-k");
}

/// The edge of a square grid that has so many distances, three of other tokens among them; 0: of
/// none.
std::int64_t side_of_distances(std::int64_t rows) {
  const std::int64_t root = square_root(rows - 3);
  return root % 2 == 1 ? (root + 1) / 2 : 0;
}

}  // namespace

void infer_exact_relative(const WeightSource& weights, VitSpec& spec) {
  const std::string own = tensor_name(spec.names.relative_table);
  const std::string common = tensor_name(spec.names.relative_common_table);
  const bool in_blocks = weights.has(own);
  if (!in_blocks && !weights.has(common)) return;
  const std::string& name = in_blocks ? own : common;
  const Shape& table = shown_shape(weights, name, 2);
  spec.relative = parse_relative(in_blocks ? "bias" : "shared-bias");
  spec.relative_resample = tensors::Resample::geometric;
  spec.heads = table[1];
  spec.head_size = spec.heads > 0 ? spec.width / spec.heads : 0;
  if (weights.has(spec.names.position)) return;
  const std::int64_t side = side_of_distances(table[0]);
  if (side == 0) {
    throw Error(ExitCode::bad_input, "CFG_FIELD",
                fmt::format("{}: {} rows are not the distances of a square of patches and three",
                            printable(name), table[0]),
                "give the model's config with --config");
  }
  spec.positions = Positions::none;
  spec.position_prefix = 0;
  spec.grid_h = spec.grid_w = side;
  spec.image_h = side * spec.patch_h;
  spec.image_w = side * spec.patch_w;
}

void infer_relative(const WeightSource& weights, VitModel& model) {
  VitSpec& spec = model.spec;
  RelativePosition& relative = spec.relative;
  if (relative.exact()) return;
  std::int64_t buckets = 0;
  for (const char of : {'q', 'k', 'v'}) {
    const Table table = find_table(weights, spec.names, of);
    if (!table.tensor) continue;
    (of == 'q' ? relative.on_q : of == 'k' ? relative.on_k : relative.on_v) = true;
    buckets = buckets_of(table, of);
    const Published& row = publication_of(table, buckets, spec.prefix() > 0);
    relative.method = row.method;
    relative.ratio = row.ratio;
    relative.contextual = table.contextual;
    relative.shared = table.tensor->shape[0] == 1;
  }
  if (!relative.any()) return;
  model.notices.push_back(
      fmt::format("no config: tables of {} relative positions are taken for relative={}; set "
                  "another with --set relative=...",
                  buckets, to_word(relative)));
}

}  // namespace vitgen
