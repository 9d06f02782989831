#include "generators/plan/drop_pos.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/error.h"
#include "generators/base/suggest.h"
#include "generators/ops/argsort.h"
#include "generators/ops/cosine_attention.h"
#include "generators/ops/masked_tokens.h"
#include "generators/ops/soft_cross_entropy.h"
#include "generators/ops/token_slice.h"
#include "generators/plan/limits.h"
#include "generators/plan/lower.h"
#include "generators/plan/lower_parts.h"

namespace vitgen {

namespace t = tensors;

namespace {

[[noreturn]] void refuse(std::string_view code, const std::string& message) {
  throw Error(ExitCode::bad_input, code, message);
}

/// The encoder on the patches that are kept: as many tokens in one row of patches.
VitSpec masked_encoder(const DropPosSpec& spec) {
  VitSpec masked = spec.encoder;
  masked.image_h = masked.patch_h;
  masked.image_w = masked.patch_w * spec.kept;
  return masked;
}

VitSpec decoder_of(const DropPosSpec& spec) {
  VitSpec decoder = masked_encoder(spec);
  decoder.width = spec.decoder_width;
  decoder.depth = spec.decoder_depth;
  decoder.heads = spec.decoder_heads;
  decoder.head_size = spec.decoder_heads > 0 ? spec.decoder_width / spec.decoder_heads : 0;
  decoder.mlp = spec.decoder_mlp;
  decoder.names = spec.decoder_names;
  return decoder;
}

void check_counts(const DropPosSpec& spec) {
  struct Count {
    std::string_view name;
    std::int64_t value, least, most;
  };
  const Count counts[] = {
      {"kept (mask_ratio)", spec.kept, 1, spec.encoder.patches()},
      {"visible (pos_mask_ratio)", spec.visible, 0, spec.kept},
      {"decoder_depth", spec.decoder_depth, 0, kMostDepth},
      {"decoder_heads", spec.decoder_heads, 1, spec.decoder_width},
  };
  for (const Count& c : counts) {
    if (c.value < c.least || c.value > c.most) {
      refuse("CFG_RANGE",
             fmt::format("{}: must be from {} to {}, got {}", c.name, c.least, c.most, c.value));
    }
  }
  if (!(spec.sigma >= 0) || spec.sigma > 1000) {
    refuse("CFG_RANGE", fmt::format("sigma: must be from 0 to 1000, got {}", spec.sigma));
  }
  if (!(spec.temperature > 0) || spec.temperature > 1000) {
    refuse("CFG_RANGE", fmt::format("temperature: must be in (0, 1000], got {}", spec.temperature));
  }
}

void check_network(const DropPosSpec& spec) {
  const VitSpec& e = spec.encoder;
  if (spec.decoder_width % spec.decoder_heads != 0) {
    refuse("CFG_INCONSISTENT", fmt::format("a decoder of width {} has no {} equal heads",
                                           spec.decoder_width, spec.decoder_heads));
  }
  if (!e.cls) {
    refuse("CFG_INCONSISTENT", "DropPos needs [CLS]: the attention over patches is its");
  }
  if (e.final_norm != FinalNorm::before_pool || e.image_h / e.patch_h != e.grid_h ||
      e.image_w / e.patch_w != e.grid_w) {
    refuse("CFG_INCONSISTENT",
           "DropPos has a last norm on all tokens and an image of the position table's size");
  }
}

void check_outputs(const std::vector<std::string>& outputs) {
  static constexpr std::array<std::string_view, 4> known = {"logits", "labels", "loss", "tokens"};
  for (const std::string& name : outputs) {
    if (std::ranges::find(known, name) == known.end() || std::ranges::count(outputs, name) > 1) {
      throw Error(ExitCode::usage, "OUTPUT_UNKNOWN",
                  fmt::format("outputs are logits, labels, loss and tokens, each at most once; got "
                              "'{}'",
                              printable(name)),
                  suggestion_hint(name, known));
    }
  }
}

constexpr int kPatchNoise = 1;  // numbers of the inputs
constexpr int kPositionNoise = 2;

/// What the parts of the plan share.
struct Lowering {
  const DropPosSpec& spec;
  const PlanOptions& options;
  Plan& plan;
  Slot patches, ids;
  int batch() const { return options.batch; }
  int kept() const { return static_cast<int>(spec.kept); }
  int visible() const { return static_cast<int>(spec.visible); }
};

Slot lower_blocks(const Lowering& l, const VitSpec& network, Slot x, std::string_view steps) {
  for (int block = 0; block < static_cast<int>(network.depth); ++block) {
    x = lower_block(l.plan, network, l.batch(), block, x, steps);
  }
  return x;
}

/// The encoder's tokens of the patches that are kept.
Slot lower_encoder(const Lowering& l) {
  const VitSpec masked = masked_encoder(l.spec);
  const Extents e = extents_of(masked, l.batch());
  const MaskedTokensSpec tokens{.batch = l.batch(),
                                .prefix = e.prefix,
                                .patches = static_cast<int>(l.spec.encoder.patches()),
                                .kept = l.kept(),
                                .visible = l.visible(),
                                .width = e.width};
  std::vector<Slot> slots = {l.patches, l.ids, {SlotKind::input, kPositionNoise}};
  slots.push_back(add_weight(l.plan, "pos_embed.prefix", prefix_rows(l.spec.encoder)));
  slots.push_back(add_weight(l.plan, "pos_embed.patches", patch_positions(l.spec.encoder)));
  slots.push_back(
      add_weight(l.plan, "mask_pos_token",
                 t::reshape(t::leaf(l.spec.mask_token, {1, 1, masked.width}), {masked.width})));
  Slot x = add_step(l.plan, "mask", op_spec(tokens), std::move(slots));
  x = lower_blocks(l, masked, x, "blocks.{}.*");
  return add_norm(l.plan, masked, "norm", masked.names.norm, e.rows(), x);
}

/// Logits {patches, kept} of the positions.
Slot lower_decoder(const Lowering& l, Slot tokens) {
  const VitSpec decoder = decoder_of(l.spec);
  const Extents e = extents_of(decoder, l.batch());
  const int rows = l.batch() * l.kept();
  Slot x = add_linear(
      l.plan, {.name = "decoder_embed", .rows = e.rows()},
      named_linear(
          {.pattern = l.spec.decoder_embed, .n = decoder.width, .k = l.spec.encoder.width}),
      tokens);
  x = lower_blocks(l, decoder, x, "decoder_blocks.{}.*");
  const TokenSliceSpec slice{
      .batch = l.batch(), .tokens = e.tokens, .first = e.prefix, .width = e.width};
  x = add_step(l.plan, "decoder_patches", op_spec(slice), {x});
  x = add_norm(l.plan, decoder, "decoder_norm", decoder.names.norm, rows, x);
  return add_linear(
      l.plan, {.name = "decoder_pred", .rows = rows},
      named_linear(
          {.pattern = l.spec.decoder_pred, .n = l.spec.encoder.patches(), .k = decoder.width}),
      x);
}

/// How much [CLS] attends to each kept patch, by the encoder of the whole image.
Slot lower_guide(const Lowering& l) {
  const VitSpec& whole = l.spec.encoder;
  const Extents e = extents_of(whole, l.batch());
  Slot x = add_positions(l.plan, whole, l.batch(), l.patches, "guide.pos_embed");
  x = lower_blocks(l, whole, x, "guide.blocks.{}.*");
  x = add_norm(l.plan, whole, "guide.norm", whole.names.norm, e.rows(), x);
  const CosineAttentionSpec attention{.batch = l.batch(),
                                      .prefix = e.prefix,
                                      .patches = e.tokens - e.prefix,
                                      .kept = l.kept(),
                                      .width = e.width,
                                      .temperature = l.spec.temperature};
  return add_step(l.plan, "guide.attention", op_spec(attention), {x, l.ids});
}

Slot lower_loss(const Lowering& l, Slot logits) {
  const SoftCrossEntropySpec loss{.batch = l.batch(),
                                  .classes = static_cast<int>(l.spec.encoder.patches()),
                                  .rows = l.kept(),
                                  .visible = l.visible(),
                                  .attention = l.spec.attentive};
  std::vector<Slot> slots = {logits, l.ids, {SlotKind::input, kPositionNoise}};
  if (l.spec.attentive) slots.push_back(lower_guide(l));
  slots.push_back(add_weight(l.plan, "loss.targets",
                             t::position_smoothing(l.spec.encoder.grid_h, l.spec.encoder.grid_w,
                                                   static_cast<double>(l.spec.sigma))));
  return add_step(l.plan, "loss", op_spec(loss), std::move(slots));
}

Slot lower_ids(Plan& plan, const DropPosSpec& spec, int batch) {
  const ArgsortSpec sort{.batch = batch,
                         .keys = static_cast<int>(spec.encoder.patches()),
                         .count = static_cast<int>(spec.kept)};
  return add_step(plan, "patch_order", op_spec(sort), {{SlotKind::input, kPatchNoise}});
}

/// Lowers what the wanted outputs need, and binds them.
void lower_outputs(const Lowering& l, const std::vector<std::string>& outputs) {
  const auto wants = [&](std::string_view name) {
    return std::ranges::find(outputs, name) != outputs.end();
  };
  const int patches = static_cast<int>(l.spec.encoder.patches());
  const int width = static_cast<int>(l.spec.encoder.width);
  Slot tokens, logits, loss;
  if (wants("tokens") || wants("logits") || wants("loss")) tokens = lower_encoder(l);
  if (wants("logits") || wants("loss")) logits = lower_decoder(l, tokens);
  if (wants("loss")) loss = lower_loss(l, logits);
  for (const std::string& name : outputs) {
    if (name == "tokens") {
      bind_output(
          l.plan, tokens,
          {name, DType::f32, {width, static_cast<int>(l.spec.encoder.prefix()) + l.kept()}});
    }
    if (name == "logits") bind_output(l.plan, logits, {name, DType::f32, {patches, l.kept()}});
    if (name == "labels") bind_output(l.plan, l.ids, {name, DType::f32, {l.kept()}});
    if (name == "loss") bind_output(l.plan, loss, {name, DType::f32, {3}});
  }
}

}  // namespace

void check(const DropPosSpec& spec) {
  check(spec.encoder);
  check_counts(spec);
  check_network(spec);
  check(decoder_of(spec));
}

DropPosSpec sized_for(const DropPosSpec& spec, const PlanOptions& options) {
  const bool other_h = options.image_h > 0 && options.image_h != spec.encoder.image_h;
  const bool other_w = options.image_w > 0 && options.image_w != spec.encoder.image_w;
  if (other_h || other_w) {
    throw Error(ExitCode::usage, "IMAGE_SIZE_NONE",
                fmt::format("the positions of an image of {}x{} are the classes of this model: it "
                            "takes no other size",
                            spec.encoder.image_h, spec.encoder.image_w),
                "leave --image out");
  }
  return spec;
}

Plan lower(const DropPosSpec& wanted, const PlanOptions& options) {
  const DropPosSpec spec = sized_for(wanted, options);
  check(spec);
  std::vector<std::string> outputs = options.outputs;
  if (outputs.empty()) outputs = {"logits", "labels", "loss"};
  check_outputs(outputs);
  check_batch(spec.encoder, options.batch);

  Plan plan;
  plan.batch = options.batch;
  plan.inputs = {input_port(spec.encoder, options.input),
                 {"patch_noise", DType::f32, {static_cast<int>(spec.encoder.patches())}},
                 {"position_noise", DType::f32, {static_cast<int>(spec.kept)}}};
  const bool reads_image =
      std::ranges::any_of(outputs, [](auto& name) { return name != "labels"; });
  const Slot patches = reads_image ? lower_patches(plan, spec.encoder, options) : Slot{};
  const Slot ids = lower_ids(plan, spec, options.batch);
  lower_outputs({spec, options, plan, patches, ids}, outputs);
  finish(plan, options);
  return plan;
}

std::string summary(const DropPosSpec& spec) {
  return fmt::format("{}; {} of {} patches kept, {} with their position, decoder of {} x {}",
                     summary(spec.encoder), spec.kept, spec.encoder.patches(), spec.visible,
                     spec.decoder_depth, spec.decoder_width);
}

}  // namespace vitgen
