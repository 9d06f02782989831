#include <numbers>

#include "generators/ops/rotary.h"
#include "generators/plan/lower_parts.h"

namespace vitgen {

namespace t = tensors;

namespace {

/// What the points of an axis are called: first, first + step, ...
struct Places {
  double first = 0;
  double step = 1;
};

Places places(const VitSpec& spec, std::int64_t points, std::int64_t reference) {
  const auto n = static_cast<double>(points);
  if (spec.rotary_places == RotaryPlaces::centred) {
    return {2 * std::numbers::pi * (1 / n - 1), 4 * std::numbers::pi / n};
  }
  return {0, reference > 0 ? static_cast<double>(reference) / n : 1};
}

/// In double and rounded once. transformers and timm compute frequencies and angles in f32, which
/// is off by some units in the last place of the largest angle.
t::RotaryAngles angles_of(const VitSpec& spec) {
  const std::int64_t h = spec.image_h / spec.patch_h;
  const std::int64_t w = spec.image_w / spec.patch_w;
  const Places y = places(spec, h, spec.rotary_grid_h);
  const Places x = places(spec, w, spec.rotary_grid_w);
  return {.grid_h = h,
          .grid_w = w,
          .size = spec.head_size,
          .theta = static_cast<double>(spec.rotary_theta),
          .x_first = spec.rotary_x_first,
          .first_y = y.first,
          .step_y = y.step,
          .first_x = x.first,
          .step_x = x.step};
}

/// The rows of q and k, the first 2 heads size of {3 heads size, columns}, with the even channels
/// of each head before the odd ones. Scores are sums over a head's channels, in whatever order.
TensorExpr even_before_odd(const VitSpec& spec, TensorExpr qkv) {
  const std::int64_t n = spec.heads * spec.head_size;
  const Shape shape = shape_of(qkv);
  const std::int64_t columns = shape.size() > 1 ? shape[1] : 1;
  TensorExpr pairs =
      t::reshape(t::rows(qkv, 0, 2 * n), {2 * spec.heads, spec.head_size / 2, 2, columns});
  Shape turned = shape;
  turned[0] = 2 * n;
  std::vector<TensorExpr> parts;
  parts.push_back(t::reshape(t::permute(std::move(pairs), {0, 2, 1, 3}), turned));
  parts.push_back(t::rows(std::move(qkv), 2 * n, n));
  return t::concat(std::move(parts));
}

}  // namespace

LinearWeights with_halves_for_pairs(const VitSpec& spec, LinearWeights qkv) {
  if (spec.rotary != Rotary2d::adjacent) return qkv;
  qkv.weight = even_before_odd(spec, std::move(qkv.weight));
  for (TensorExpr& bias : qkv.bias) bias = even_before_odd(spec, std::move(bias));
  return qkv;
}

Slot add_rotary(Plan& plan, const VitSpec& spec, const Extents& e, const std::string& name,
                Slot qkv) {
  const RotarySpec op{.batch = e.batch,
                      .tokens = e.tokens,
                      .prefix = e.prefix,
                      .heads = e.heads,
                      .head_size = e.head_size};
  const t::RotaryAngles angles = angles_of(spec);
  const Slot cos = add_weight(plan, name + ".cos", t::rotary_cos(angles));
  const Slot sin = add_weight(plan, name + ".sin", t::rotary_sin(angles));
  return add_step(plan, name, op_spec(op), {qkv, cos, sin});
}

}  // namespace vitgen
