#include <algorithm>

#include "generators/ops/pixel_shuffle.h"
#include "generators/plan/lower_parts.h"

namespace vitgen {

namespace t = tensors;

namespace {

PoolSpec pool_spec(const VitSpec& spec, const Extents& e) {
  return {.batch = e.batch,
          .tokens = e.tokens,
          .prefix = spec.mean_of_all ? 0 : e.prefix,
          .width = e.width,
          .pooling = spec.pooling};
}

Slot lower_pooled(Plan& plan, const VitSpec& spec, const Extents& e, Slot tokens) {
  if (spec.attention_pool) return lower_attention_pool(plan, spec, e, tokens);
  const PoolSpec pool = pool_spec(spec, e);
  Slot pooled = add_step(plan, "pool", op_spec(pool), {tokens});
  if (spec.final_norm == FinalNorm::after_pool) {
    const int rows = e.batch * pool.out_width() / pool.width;
    pooled = add_norm(plan, spec, "fc_norm", spec.names.fc_norm, rows, pooled);
  }
  if (!spec.pooler) return pooled;
  return add_linear(plan, {.name = "pooler", .rows = e.batch, .activation = Activation::tanh},
                    named_linear({.pattern = spec.names.pooler,
                                  .n = spec.pooler_size,
                                  .k = pool.out_width(),
                                  .form = {spec.head_matrix}}),
                    pooled);
}

LinearWeights head_weights(const VitSpec& spec, std::string_view pattern, std::int64_t k) {
  return named_linear({.pattern = pattern,
                       .n = spec.classes,
                       .k = k,
                       .bias = spec.head_bias,
                       .form = {spec.head_matrix}});
}

/// (a x + c + b y + d) / 2 as one linear map of [x | y].
LinearWeights average_of_heads(const VitSpec& spec) {
  LinearWeights first = head_weights(spec, spec.names.head, spec.width);
  LinearWeights second = head_weights(spec, spec.names.head_dist, spec.width);
  LinearWeights both{t::concat_columns({t::scale(std::move(first.weight), 0.5),
                                        t::scale(std::move(second.weight), 0.5)}),
                     {}};
  if (spec.head_bias) {
    both.bias.push_back(t::average(std::move(first.bias[0]), std::move(second.bias[0])));
  }
  return both;
}

Slot lower_logits(Plan& plan, const VitSpec& spec, const Extents& e, Slot pooled) {
  const std::int64_t k = spec.pooler           ? spec.pooler_size
                         : spec.attention_pool ? spec.width
                                               : pool_spec(spec, e).out_width();
  LinearWeights head =
      spec.two_heads ? average_of_heads(spec) : head_weights(spec, spec.names.head, k);
  return add_linear(plan, {.name = "head", .rows = e.batch}, std::move(head), pooled);
}

/// Each patch's token to a square of pixels: the decoder of masked image modelling.
Slot lower_decoder(Plan& plan, const VitSpec& spec, const Extents& e, Slot tokens) {
  const PixelShuffleSpec shuffle{.batch = e.batch,
                                 .prefix = e.prefix,
                                 .grid_h = static_cast<int>(spec.image_h / spec.patch_h),
                                 .grid_w = static_cast<int>(spec.image_w / spec.patch_w),
                                 .channels = static_cast<int>(spec.channels),
                                 .stride = static_cast<int>(spec.decoder_stride)};
  LinearWeights weights{t::reshape(t::leaf(tensor_name(spec.names.decoder, "weight"),
                                           {shuffle.row(), spec.width, 1, 1}),
                                   {shuffle.row(), spec.width}),
                        {t::leaf(tensor_name(spec.names.decoder, "bias"), {shuffle.row()})}};
  const Slot squares =
      add_linear(plan, {.name = "decoder", .rows = e.rows()}, std::move(weights), tokens);
  return add_step(plan, "pixel_shuffle", op_spec(shuffle), {squares});
}

}  // namespace

HeadSlots lower_head(Plan& plan, const VitSpec& spec, const PlanOptions& options, Slot x) {
  const Extents e = extents_of(spec, options.batch);
  const auto wants = [&](std::string_view output) {
    return std::find(options.outputs.begin(), options.outputs.end(), output) !=
           options.outputs.end();
  };
  HeadSlots slots{.tokens = x, .pooled = {}, .logits = {}, .reconstruction = {}};
  if (spec.final_norm == FinalNorm::before_pool) {
    slots.tokens = add_norm(plan, spec, "norm", spec.names.norm, e.rows(), x);
  }
  if (wants("reconstruction")) slots.reconstruction = lower_decoder(plan, spec, e, slots.tokens);
  if (!wants("pooled") && !wants("logits")) return slots;
  slots.pooled = lower_pooled(plan, spec, e, slots.tokens);
  if (wants("logits")) slots.logits = lower_logits(plan, spec, e, slots.pooled);
  return slots;
}

}  // namespace vitgen
