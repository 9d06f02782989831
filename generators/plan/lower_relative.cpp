#include <numbers>

#include "generators/plan/lower_parts.h"

namespace vitgen {

namespace t = tensors;

namespace {

RelativeAttentionSpec relative_spec(const VitSpec& spec, const AttentionSpec& plain) {
  const RelativePosition& relative = spec.relative;
  return {.batch = plain.batch,
          .tokens = plain.tokens,
          .heads = plain.heads,
          .head_size = plain.head_size,
          .scale = plain.scale,
          .skip = static_cast<int>(spec.prefix()),
          .grid_w = static_cast<int>(spec.image_w / spec.patch_w),
          .method = relative.method,
          .ratio = relative.ratio,
          .on_q = relative.lookup(relative.on_q),
          .on_k = relative.lookup(relative.on_k),
          .on_v = relative.lookup(relative.on_v),
          .shared = relative.shared};
}

/// The file's tables for one of q, k and v side by side: {columns, ...}, columns being buckets.
class Tables {
 public:
  Tables(const VitSpec& spec, const RelativeAttentionSpec& op, int block, char of)
      : spec_(spec), op_(op), block_(block), of_(of) {}

  /// Of q and k: {sets, head_size, buckets} to {sets, head_size, columns in whole blocks of 16}.
  TensorExpr vectors() const {
    const std::int64_t rows = std::int64_t{op_.table_sets()} * op_.head_size;
    TensorExpr all = side_by_side([&](const std::string& pattern) {
      TensorExpr leaf = t::leaf(tensor_name(pattern, "weight", block_),
                                {op_.table_sets(), op_.head_size, buckets()});
      return t::transpose(t::reshape(std::move(leaf), {rows, buckets()}));
    });
    const std::int64_t columns = padded_buckets(op_);
    return t::reshape(t::transpose(t::pad(std::move(all), columns)),
                      {op_.table_sets(), op_.head_size, columns});
  }

  /// Of v: {sets, buckets, head_size} to {sets, columns, head_size}.
  TensorExpr values() const {
    return t::permute(side_by_side([&](const std::string& pattern) {
                        TensorExpr leaf = t::leaf(tensor_name(pattern, "weight", block_),
                                                  {op_.table_sets(), buckets(), op_.head_size});
                        return t::permute(std::move(leaf), {1, 0, 2});
                      }),
                      {1, 0, 2});
  }

  /// {sets, buckets} to {sets, columns}, in powers of two.
  TensorExpr biases() const {
    if (spec_.relative.exact()) return exact_biases();
    TensorExpr all = side_by_side([&](const std::string& pattern) {
      return t::transpose(
          t::leaf(tensor_name(pattern, "bias", block_), {op_.table_sets(), buckets()}));
    });
    return t::scale(t::transpose(std::move(all)), std::numbers::log2e);
  }

 private:
  /// {buckets, heads}, the distances resampled if the image has another grid than the file's.
  TensorExpr exact_biases() const {
    const TensorNames& names = spec_.names;
    const std::int64_t rows = 2 * spec_.grid_h - 1;
    const std::int64_t columns = 2 * spec_.grid_w - 1;
    const std::int64_t outside = op_.skip > 0 ? 3 : 0;
    const TensorExpr file = t::leaf(
        tensor_name(spec_.relative.common ? names.relative_common_table : names.relative_table, {},
                    block_),
        {rows * columns + outside, op_.heads});
    TensorExpr all = file;
    const PositionBuckets buckets = op_.buckets();
    if (buckets.grid_h != spec_.grid_h || buckets.grid_w != spec_.grid_w) {
      all = t::resample(t::rows(file, 0, rows * columns), rows, columns, 2 * buckets.grid_h - 1,
                        2 * buckets.grid_w - 1, spec_.relative_resample);
      if (outside > 0) all = t::concat({std::move(all), t::rows(file, rows * columns, outside)});
    }
    return t::scale(t::transpose(std::move(all)), std::numbers::log2e);
  }

  std::int64_t buckets() const { return op_.buckets().count(op_.skip > 0); }

  template <class Part>
  TensorExpr side_by_side(Part part) const {
    if (op_.buckets().tables() == 1) return part(table_pattern(spec_.names.relative, of_));
    std::vector<TensorExpr> parts;
    parts.push_back(part(table_pattern(spec_.names.relative_rows, of_)));
    parts.push_back(part(table_pattern(spec_.names.relative_columns, of_)));
    return t::concat(std::move(parts));
  }

  const VitSpec& spec_;
  const RelativeAttentionSpec& op_;
  int block_;
  char of_;
};

}  // namespace

Slot add_attention(Plan& plan, const VitSpec& spec, const std::string& name,
                   const AttentionSpec& plain, int block, Slot qkv) {
  if (!spec.relative.any()) return add_step(plan, name, op_spec(plain), {qkv});
  const RelativeAttentionSpec op = relative_spec(spec, plain);
  std::vector<Slot> slots = {qkv};
  const auto add = [&](char of, Lookup lookup) {
    if (lookup == Lookup::none) return;
    const Tables tables(spec, op, block, of);
    TensorExpr table = lookup == Lookup::bias ? tables.biases()
                       : of == 'v'            ? tables.values()
                                              : tables.vectors();
    slots.push_back(add_weight(plan, name + ".table_" + of, std::move(table)));
  };
  add('k', op.on_k);
  add('q', op.on_q);
  add('v', op.on_v);
  return add_step(plan, name, op_spec(op), std::move(slots));
}

}  // namespace vitgen
