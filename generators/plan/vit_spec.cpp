#include "generators/plan/vit_spec.h"

#include <fmt/format.h>

#include <cmath>
#include <tuple>

#include "generators/base/error.h"
#include "generators/base/image_limit.h"
#include "generators/ops/linear.h"
#include "generators/ops/support/lanes.h"
#include "generators/plan/limits.h"

namespace vitgen {

namespace {

constexpr std::int64_t kMostTokens = 65536;  // far above every published model, as in limits.h

[[noreturn]] void fail(std::string_view code, const std::string& message, std::string hint = {}) {
  throw Error(ExitCode::bad_input, code, message, std::move(hint));
}

struct Extent {
  std::string_view name;  ///< ours, and what Hugging Face and timm call it
  std::int64_t value;
  std::int64_t least = 1;
};

void check_ranges(const VitSpec& spec) {
  const Extent extents[] = {
      {"channels (num_channels, in_chans)", spec.channels},
      {"image_h (image_size, img_size)", spec.image_h},
      {"image_w (image_size, img_size)", spec.image_w},
      {"patch_h (patch_size)", spec.patch_h},
      {"patch_w (patch_size)", spec.patch_w},
      {"registers (num_register_tokens, reg_tokens)", spec.registers, 0},
      {"position_prefix", spec.position_prefix, 0},
      {"grid_h", spec.grid_h},
      {"grid_w", spec.grid_w},
      {"rotary_grid_h (ref_feat_shape)", spec.rotary_grid_h, 0},
      {"rotary_grid_w (ref_feat_shape)", spec.rotary_grid_w, 0},
      {"width (hidden_size, embed_dim)", spec.width},
      {"depth (num_hidden_layers, depth)", spec.depth},
      {"heads (num_attention_heads, num_heads)", spec.heads},
      {"head_size", spec.head_size},
      {"mlp (intermediate_size, mlp_ratio)", spec.mlp},
      {"pooler_size (pooler_output_size)", spec.pooler_size, spec.pooler ? 1 : 0},
      {"classes (num_labels, num_classes)", spec.classes, 0},
      {"decoder_stride (encoder_stride)", spec.decoder_stride, 0},
  };
  for (const Extent& extent : extents) {
    if (extent.value < extent.least) {
      fail("CFG_RANGE",
           fmt::format("{}: must be at least {}, got {}", extent.name, extent.least, extent.value));
    }
  }
  if (!(spec.eps > 0) || spec.eps > 1) {
    fail("CFG_RANGE", fmt::format("eps (layer_norm_eps): must be in (0, 1], got {}", spec.eps));
  }
}

void check_normalisation(const VitSpec& spec) {
  bool good = std::isfinite(spec.pixel_peak) && spec.pixel_peak > 0;
  for (std::size_t c = 0; c < 4; ++c) {
    good = good && std::isfinite(spec.mean[c]) && std::isfinite(spec.std_dev[c]) &&
           spec.std_dev[c] > 0;
  }
  if (!good) {
    fail("CFG_RANGE", "normalisation: mean must be finite, std and the pixel peak positive");
  }
}

double gib(double elements) { return elements * 4 / (1024.0 * 1024.0 * 1024.0); }

double real(std::int64_t value) { return static_cast<double>(value); }

double square(std::int64_t value) { return real(value) * real(value); }

void check_limit(std::string_view name, std::int64_t value, std::int64_t limit, double elements) {
  if (value <= limit) return;
  fail("CFG_BUDGET", fmt::format("{}: {} is over the limit of {} ({:.1f} GiB in f32)", name, value,
                                 limit, gib(elements)));
}

/// The largest tensors, in double so that nothing overflows.
void check_budget(const VitSpec& spec) {
  const double width = real(spec.width);
  const double patches = std::floor(real(spec.image_h) / real(spec.patch_h)) *
                         std::floor(real(spec.image_w) / real(spec.patch_w));
  const double tokens = patches + real(spec.registers) + 2;
  check_limit("width (hidden_size)", spec.width, kMostWidth, 3 * width * width);
  check_limit("depth (num_hidden_layers)", spec.depth, kMostDepth,
              real(spec.depth) * width * (4 * width + 2 * real(spec.hidden())));
  check_limit("image_h (image_size)", spec.image_h, kMaxImageEdge, tokens * width);
  check_limit("image_w (image_size)", spec.image_w, kMaxImageEdge, tokens * width);
  check_limit("registers", spec.registers, kMostTokens, tokens * width);
  // Output channels are stored in whole panels.
  const auto padded_to = [](double outputs) { return outputs + kMaxPanel; };
  const std::pair<std::string_view, double> tensors[] = {
      {"fc1 and fc2 (intermediate_size)", padded_to(width) * padded_to(real(spec.hidden()))},
      {"qkv (num_attention_heads x head size)",
       width * padded_to(3 * real(spec.heads) * real(spec.head_size))},
      {"the head (num_labels)", 2 * width * padded_to(real(spec.classes))},
      {"the pooler (pooler_output_size)", 2 * width * padded_to(real(spec.pooler_size))},
      {"the patch embedding (patch_size)",
       padded_to(width) * real(spec.channels) * real(spec.patch_h) * real(spec.patch_w)},
      {"the position table",
       width * (real(spec.grid_h) * real(spec.grid_w) + real(spec.position_prefix))},
      {"the decoder (encoder_stride)",
       padded_to(square(spec.decoder_stride) * real(spec.channels)) * std::max(width, tokens)},
      {"the activations of one image", tokens * std::max(3 * width, real(spec.hidden()))},
  };
  for (const auto& [name, elements] : tensors) {
    if (elements < kMostElements) continue;
    fail("CFG_BUDGET", fmt::format("{} would take {:.1f} GiB; one tensor may take less than 8 GiB",
                                   name, gib(elements)));
  }
  if (tokens > real(kMostTokens)) {
    fail("CFG_BUDGET",
         fmt::format("{:.0f} tokens are over the limit of {}: their attention scores "
                     "would take {:.1f} GiB for each image",
                     tokens, kMostTokens, gib(tokens * tokens * real(spec.heads))),
         "use a smaller image or a larger patch");
  }
}

void check_patch_fits(const VitSpec& spec) {
  if (spec.image_h < spec.patch_h || spec.image_w < spec.patch_w) {
    fail("CFG_INCONSISTENT", fmt::format("an image of {}x{} is smaller than one patch of {}x{}",
                                         spec.image_h, spec.image_w, spec.patch_h, spec.patch_w));
  }
}

void check_image(const VitSpec& spec) {
  if (spec.channels != 1 && spec.channels != 3 && spec.channels != 4) {
    fail("CFG_INCONSISTENT", fmt::format("{} channels: images have 1, 3 or 4", spec.channels));
  }
  check_patch_fits(spec);
  // At the model's own size its libraries leave the last rows and columns out. Of another size that
  // is hardly meant.
  const bool own =
      spec.image_h / spec.patch_h == spec.grid_h && spec.image_w / spec.patch_w == spec.grid_w;
  if (!own) check_whole_patches(spec);
}

}  // namespace

void check_whole_patches(const VitSpec& spec) {
  if (spec.image_h % spec.patch_h != 0 || spec.image_w % spec.patch_w != 0) {
    const std::int64_t h = spec.image_h - spec.image_h % spec.patch_h;
    const std::int64_t w = spec.image_w - spec.image_w % spec.patch_w;
    fail("CFG_INCONSISTENT",
         fmt::format("an image of {}x{} does not divide into patches of {}x{}", spec.image_h,
                     spec.image_w, spec.patch_h, spec.patch_w),
         fmt::format("the nearest below is --image {}x{}", h, w));
  }
}

namespace {

void check_tokens(const VitSpec& spec) {
  if (spec.position_prefix > spec.prefix()) {
    fail("CFG_INCONSISTENT",
         fmt::format("the position table has {} rows before the patches, but there are {} such "
                     "tokens",
                     spec.position_prefix, spec.prefix()));
  }
  if (spec.dist && !spec.cls) {
    fail("CFG_INCONSISTENT", "a distillation token needs a [CLS] token before it");
  }
  const bool reads_first = !spec.attention_pool && (spec.pooling == Pooling::token ||
                                                    spec.pooling == Pooling::token_and_mean);
  if (reads_first && !spec.cls) {
    fail("CFG_INCONSISTENT", "token pooling needs a [CLS] token");
  }
  if (spec.pooling == Pooling::token_and_mean && spec.final_norm == FinalNorm::after_pool) {
    fail("CFG_INCONSISTENT", "a norm after the pooling would mix the [CLS] token and the mean");
  }
  if ((spec.pooling == Pooling::two_tokens || spec.two_heads) && !spec.dist) {
    fail("CFG_INCONSISTENT", "two heads need a distillation token");
  }
}

void check_positions(const VitSpec& spec) {
  if (spec.resample == tensors::Resample::geometric) {
    fail("CFG_INCONSISTENT",
         "resample=geometric is for tables of relative positions, whose field is "
         "relative_resample");
  }
  if (spec.positions == Positions::sincos_2d && spec.width % 4 != 0) {
    fail("CFG_INCONSISTENT",
         fmt::format("positions sincos_2d need a width that is a multiple of 4, got {}",
                     spec.width));
  }
}

/// What a file without a projection, or with a tensor for each head, must be like.
void check_projections(const VitSpec& spec) {
  const bool sides_equal = spec.heads * spec.head_size == spec.width;
  const bool sliced = spec.head_weights == HeadWeights::sliced;
  if ((!spec.proj || sliced) && !sides_equal) {
    fail("CFG_INCONSISTENT", fmt::format("{} need {} heads of {} to be as wide as the tokens, {}",
                                         sliced ? "head_weights sliced" : "blocks without proj",
                                         spec.heads, spec.head_size, spec.width));
  }
  for (const std::string* pattern : {&spec.names.q, &spec.names.k, &spec.names.v}) {
    const bool numbered = pattern->find("{h}") != std::string::npos;
    if (numbered != (spec.head_weights != HeadWeights::joined) && !spec.names.patch.empty()) {
      fail("CFG_INCONSISTENT",
           fmt::format("head_weights={} does not go with tensors called '{}'",
                       enum_text(spec.head_weights), printable(*pattern)),
           "a tensor for each head is called like blocks.{}.attn.q.{h}.weight");
    }
  }
  if (spec.layer_scale && (spec.norm_placement == NormPlacement::res_post || !spec.proj)) {
    fail("CFG_INCONSISTENT",
         "LayerScale needs a linear before it: it goes neither with res_post "
         "nor with blocks without proj");
  }
}

void check_gate(const VitSpec& spec) {
  if (spec.gate == GateWeights::none || spec.names.patch.empty()) return;
  const bool joined = spec.gate == GateWeights::joined;
  const bool named =
      joined ? !spec.names.gate_up.empty() : !spec.names.gate.empty() && !spec.names.up.empty();
  if (!named) {
    fail("CFG_INCONSISTENT", fmt::format("gate={}: files with this scheme of names have no such "
                                         "tensors",
                                         enum_text(spec.gate)));
  }
}

/// Norms between the linears of a branch.
void check_inner_norms(const VitSpec& spec) {
  const std::tuple<std::string_view, bool, const std::string&> norms[] = {
      {"attn_norm", spec.attn_norm, spec.names.attn_norm},
      {"mlp_norm", spec.mlp_norm, spec.names.mlp_norm}};
  for (const auto& [field, wanted, pattern] : norms) {
    if (wanted && pattern.empty() && !spec.names.patch.empty()) {
      fail("CFG_INCONSISTENT",
           fmt::format("{}: files with this scheme of names have no such norm", field));
    }
  }
}

void check_buckets(const VitSpec& spec) {
  const RelativePosition& relative = spec.relative;
  const std::int64_t rows = spec.image_h / spec.patch_h;
  const std::int64_t columns = spec.image_w / spec.patch_w;
  if (relative.buckets(rows, columns).valid()) return;
  if (!relative.exact()) {
    fail("CFG_RANGE", fmt::format("relative ({}): the ratio must be positive and give at most {} "
                                  "buckets",
                                  to_word(relative), PositionBuckets::kMost));
  }
  fail("CFG_BUDGET",
       fmt::format("relative ({}): the distances of {}x{} patches are more than {}",
                   to_word(relative), rows, columns, PositionBuckets::kMost),
       "use a smaller image or a larger patch");
}

void check_relative(const VitSpec& spec) {
  const RelativePosition& relative = spec.relative;
  if (!relative.any()) return;
  check_buckets(spec);
  if (relative.on_v && !relative.contextual) {
    fail("CFG_INCONSISTENT",
         fmt::format("relative ({}): a bias is added to scores, so it is for q and k, not for v",
                     to_word(relative)));
  }
  const TensorNames& names = spec.names;
  const std::string& table = !relative.exact() ? names.relative
                             : relative.common ? names.relative_common_table
                                               : names.relative_table;
  if (table.empty() && !names.patch.empty()) {
    fail("CFG_INCONSISTENT",
         fmt::format("relative ({}): files with this scheme of names have no such tables",
                     to_word(relative)),
         relative.exact() ? "BEiT's models have the names of the schemes beit, hf_beit and hf5_beit"
                          : "iRPE's models have the names of timm");
  }
  const double pairs = real(spec.tokens()) * real(spec.tokens() + kLanes);
  const int tables = relative.method == BucketMethod::cross ? 2 : 1;
  if (2 * pairs * tables >= kMostElements / 2) {
    fail("CFG_BUDGET",
         fmt::format("relative ({}): the buckets of {} tokens' pairs would take {:.1f} "
                     "GiB; 1 GiB is the limit",
                     to_word(relative), spec.tokens(), 2 * pairs / 1073741824.0),
         "use a smaller image or a larger patch");
  }
}

void check_rotary(const VitSpec& spec) {
  if (spec.rotary == Rotary2d::none) return;
  if (!(spec.rotary_theta > 0) || !std::isfinite(spec.rotary_theta)) {
    fail("CFG_RANGE", fmt::format("rotary_theta (rope_theta, rope_temperature): must be positive "
                                  "and finite, got {}",
                                  spec.rotary_theta));
  }
  if (spec.head_size % 4 != 0) {
    fail("CFG_INCONSISTENT",
         fmt::format("rotary positions need heads whose size is a multiple of 4, got {}",
                     spec.head_size));
  }
}

void check_attention_pool(const VitSpec& spec) {
  if (!spec.attention_pool) return;
  if (spec.pooler || spec.two_heads || spec.final_norm == FinalNorm::after_pool ||
      spec.gate != GateWeights::none || spec.heads * spec.head_size != spec.width) {
    fail("CFG_INCONSISTENT",
         "attention pooling goes with heads as wide as the tokens, with one head for classes, and "
         "with neither a pooler nor a norm after the pooling nor gated MLPs");
  }
  if (spec.names.attention_pool.probe.empty() && !spec.names.patch.empty()) {
    fail("CFG_INCONSISTENT",
         "attention_pool: files with this scheme of names have no query to pool with");
  }
}

void check_decoder(const VitSpec& spec) {
  if (spec.decoder_stride > 0 && spec.names.decoder.empty() && !spec.names.patch.empty()) {
    fail("CFG_INCONSISTENT",
         fmt::format("decoder_stride={}: files with this scheme of names have no decoder of masked "
                     "image modelling",
                     spec.decoder_stride),
         "transformers' ViT and DeiT may have one");
  }
}

void check_heads(const VitSpec& spec) {
  if (spec.width % spec.heads != 0) {
    fail("CFG_INCONSISTENT", fmt::format("width {} (hidden_size, embed_dim) is not a multiple of "
                                         "the {} heads",
                                         spec.width, spec.heads));
  }
}

/// What a config gives may leave 0 for what is derived from it, by a division that rounds down.
/// Said in the words of the config, before the derived 0 is refused as a range.
void check_derived(const VitSpec& spec) {
  const bool no_grid = spec.grid_h == 0 || spec.grid_w == 0;
  if (no_grid && spec.image_h > 0 && spec.image_w > 0) check_patch_fits(spec);
  if (spec.head_size == 0 && spec.width > 0 && spec.heads > 0) check_heads(spec);
}

}  // namespace

void check(const VitSpec& spec) {
  check_derived(spec);
  check_ranges(spec);
  check_normalisation(spec);
  check_budget(spec);
  check_image(spec);
  check_tokens(spec);
  check_positions(spec);
  check_heads(spec);
  check_projections(spec);
  check_gate(spec);
  check_inner_norms(spec);
  check_relative(spec);
  check_rotary(spec);
  check_decoder(spec);
  check_attention_pool(spec);
  if (spec.two_heads != (spec.pooling == Pooling::two_tokens) && spec.classes > 0) {
    fail("CFG_INCONSISTENT", "two heads go with the pooling two_tokens, and only with it");
  }
  if (spec.two_heads && spec.pooler) fail("CFG_INCONSISTENT", "a pooler feeds one head, not two");
}

std::string summary(const VitSpec& spec) {
  return fmt::format("{} blocks of width {}, {} heads, {} tokens, {}x{}x{} input, {} classes",
                     spec.depth, spec.width, spec.heads, spec.tokens(), spec.channels, spec.image_h,
                     spec.image_w, spec.classes);
}

}  // namespace vitgen
