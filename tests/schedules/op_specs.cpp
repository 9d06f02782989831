#include "tests/schedules/op_specs.h"

#include <numbers>

#include "generators/ops/add.h"
#include "generators/ops/attention.h"
#include "generators/ops/depthwise_conv.h"
#include "generators/ops/embedding_add.h"
#include "generators/ops/image_windows.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "generators/ops/patch_embed.h"
#include "generators/ops/pool.h"
#include "generators/ops/relative_attention.h"
#include "generators/ops/series_forecast.h"
#include "generators/ops/series_patches.h"
#include "generators/ops/support/ops_table.h"
#include "generators/ops/token_mix.h"
#include "tests/schedules/block_specs.h"
#include "tests/schedules/drop_pos_specs.h"
#include "tests/schedules/head_specs.h"

namespace vitgen {

namespace {

// Rows around tiles of 16 and pairs of them, channels around tiles of 32, whole and partial panels.
std::vector<OpSpec> rounded_linear_specs() {
  std::vector<OpSpec> specs;
  const auto add = [&](int rows, int k, int n, Epilogue epilogue) {
    specs.push_back(op_spec(LinearSpec{rows, k, n, panel_width(n), epilogue, Compute::bf16}));
  };
  const Epilogue plain{};
  for (const int rows : {1, 16, 17, 33}) add(rows, 32, 48, plain);
  for (const int k : {1, 31, 33, 96}) add(5, k, 32, plain);
  for (const int n : {1, 10, 16, 33, 100}) add(5, 20, n, plain);
  add(9, 64, 32, {.bias = true, .activation = Activation::gelu_erf, .residual = true});
  add(9, 12, 40, {.bias = false, .activation = Activation::relu, .residual = true});
  return specs;
}

// Rows in whole chunks of 16 bytes, as plans have them; groups of 32 columns with a rest and none.
std::vector<OpSpec> statistics_linear_specs() {
  std::vector<OpSpec> specs;
  const auto add = [&](LinearSpec spec, bool normalized, bool statistics) {
    spec.panel = 1;
    spec.normalized = normalized;
    spec.eps = normalized ? 1e-6f : 0.0f;
    spec.statistics = statistics;
    specs.push_back(op_spec(spec));
  };
  const Epilogue gelu{.bias = true, .activation = Activation::gelu_erf, .residual = false};
  const Epilogue sum{.bias = true, .activation = Activation::none, .residual = true};
  add({.rows = 5, .k = 40, .n = 72, .epilogue = gelu, .storage = DType::f16}, true, false);
  add({.rows = 17, .k = 64, .n = 96, .epilogue = sum, .storage = DType::bf16}, false, true);
  add({.rows = 9, .k = 72, .n = 40, .epilogue = sum, .storage = DType::bf16}, true, true);
  add({.rows = 1, .k = 24, .n = 33, .epilogue = {.bias = false}, .storage = DType::f16}, true,
      true);
  return specs;
}

std::vector<OpSpec> linear_specs() {
  std::vector<OpSpec> specs;
  const auto add = [&](int rows, int k, int n, Epilogue epilogue) {
    specs.push_back(op_spec(LinearSpec{rows, k, n, panel_width(n), epilogue}));
  };
  const Epilogue plain{};
  for (const int rows : {1, 2, 3, 5, 7, 17}) add(rows, 24, 48, plain);
  for (const int n : {1, 2, 7, 8, 9, 10, 15, 16, 17, 31, 33, 48, 49, 96, 100}) add(5, 20, n, plain);
  for (const int k : {1, 2, 3, 4, 15, 16, 17, 65}) add(6, k, 32, plain);
  for (const std::string_view name : enum_names(Activation{})) {
    const auto activation = parse_enum<Activation>(name, "activation");
    add(9, 12, 32, {.bias = true, .activation = activation, .residual = false});
  }
  add(9, 12, 32, {.bias = false, .activation = Activation::none, .residual = false});
  add(9, 12, 96, {.bias = true, .activation = Activation::none, .residual = true});
  add(9, 12, 40, {.bias = true, .activation = Activation::none, .residual = true});
  add(9, 12, 10, {.bias = false, .activation = Activation::gelu_erf, .residual = true});
  // Many rows of few channels.
  add(512, 12, 24, {.bias = true, .activation = Activation::none, .residual = true});
  add(636, 5, 40, {.bias = true, .activation = Activation::gelu_erf, .residual = false});
  add(516, 24, 8, plain);
  // Sums so long that a panel of weights is over a MiB.
  add(66, 5632, 48, {.bias = true, .activation = Activation::relu, .residual = true});
  const std::vector<OpSpec> rounded = rounded_linear_specs();
  specs.insert(specs.end(), rounded.begin(), rounded.end());
  const std::vector<OpSpec> statistics = statistics_linear_specs();
  specs.insert(specs.end(), statistics.begin(), statistics.end());
  return specs;
}

std::vector<OpSpec> patch_embed_specs() {
  std::vector<OpSpec> specs;
  for (const DType dtype : {DType::f32, DType::u8}) {
    for (const ImageLayout layout : {ImageLayout::chw, ImageLayout::hwc}) {
      PatchEmbedSpec spec{.batch = 2,
                          .channels = 3,
                          .height = 12,
                          .width = 20,
                          .patch_h = 4,
                          .patch_w = 4,
                          .n = 48,
                          .panel = 48};
      spec.dtype = dtype;
      spec.layout = layout;
      specs.push_back(op_spec(spec));
    }
  }
  specs.push_back(op_spec(PatchEmbedSpec{.batch = 1,
                                         .channels = 1,
                                         .height = 7,
                                         .width = 7,
                                         .patch_h = 7,
                                         .patch_w = 7,
                                         .n = 10,
                                         .panel = 16}));
  specs.push_back(op_spec(PatchEmbedSpec{.batch = 1,
                                         .channels = 3,
                                         .height = 17,
                                         .width = 23,
                                         .patch_h = 5,
                                         .patch_w = 3,
                                         .n = 33,
                                         .panel = 48,
                                         .bias = false}));
  specs.push_back(op_spec(PatchEmbedSpec{.batch = 1,
                                         .channels = 4,
                                         .height = 28,
                                         .width = 98,
                                         .patch_h = 14,
                                         .patch_w = 14,
                                         .n = 64,
                                         .panel = 32}));
  return specs;
}

std::vector<OpSpec> attention_specs() {
  std::vector<OpSpec> specs;
  for (const int tokens : {1, 2, 7, 15, 16, 17, 50}) {
    specs.push_back(op_spec(AttentionSpec{1, tokens, 2, 16, 0.25f}));
  }
  for (const int head_size : {1, 2, 5, 6, 8, 10, 24, 32, 64, 72, 80, 88}) {
    specs.push_back(op_spec(AttentionSpec{2, 19, 3, head_size, 0.125f}));
  }
  specs.push_back(op_spec(AttentionSpec{1, 37, 1, 16, 0.25f}));  // 7 tiles for 6 tasks
  // As the pass scale_into_query leaves it: keys need no factor.
  for (const int head_size : {5, 24, 64, 80}) {
    specs.push_back(op_spec(AttentionSpec{1, 35, 2, head_size, std::numbers::ln2_v<float>}));
  }
  // Many images of few tokens, whole vectors of them and not.
  specs.push_back(op_spec(AttentionSpec{32, 16, 4, 6, std::numbers::ln2_v<float>}));
  specs.push_back(op_spec(AttentionSpec{37, 16, 2, 10, 0.3f}));
  specs.push_back(op_spec(AttentionSpec{41, 17, 1, 6, 0.4f}));
  specs.push_back(op_spec(AttentionSpec{33, 4, 3, 5, 0.5f}));
  return specs;
}

// Every method and kind of table on grids of one row, one token and more columns than rows.
std::vector<OpSpec> relative_attention_specs() {
  std::vector<OpSpec> specs;
  constexpr Lookup none = Lookup::none, bias = Lookup::bias, vectors = Lookup::contextual;
  const auto add = [&](RelativeAttentionSpec spec, int tokens, int skip, int grid_w) {
    spec.tokens = tokens;
    spec.skip = skip;
    spec.grid_w = grid_w;
    spec.heads = 2;
    specs.push_back(op_spec(spec));
  };
  for (const int head_size : {1, 5, 8, 16, 24, 64}) {
    add({.batch = 2, .head_size = head_size, .scale = std::numbers::ln2_v<float>}, 21, 1, 5);
  }
  add({.head_size = 16}, 1, 0, 1);
  add({.head_size = 16, .on_v = vectors}, 2, 1, 1);
  add({.head_size = 16, .scale = 0.3f, .on_q = vectors, .on_v = vectors}, 36, 0, 6);
  add({.head_size = 8, .method = BucketMethod::cross, .on_q = bias, .on_k = bias}, 27, 3, 4);
  add({.head_size = 16, .method = BucketMethod::cross, .on_q = vectors, .on_v = vectors}, 33, 1, 8);
  add({.head_size = 32, .method = BucketMethod::euclidean, .on_v = vectors}, 17, 0, 17);
  add({.head_size = 16, .method = BucketMethod::quant, .ratio = 33, .on_q = vectors}, 18, 2, 4);
  add({.head_size = 16, .ratio = 5, .on_k = bias, .shared = false}, 31, 1, 6);
  add({.head_size = 16, .on_q = vectors, .on_k = none, .on_v = vectors, .shared = false}, 26, 1, 5);
  add({.head_size = 24, .on_q = bias, .on_k = none}, 25, 0, 5);
  add({.head_size = 24, .on_k = none, .on_v = vectors}, 26, 1, 5);
  // BEiT's: a bucket for each distance; 292 of them need two bytes.
  const auto exact = [&](bool shared, int tokens, int skip, int grid_w) {
    add({.head_size = 16,
         .method = BucketMethod::exact,
         .ratio = 0,
         .on_k = bias,
         .shared = shared},
        tokens, skip, grid_w);
  };
  exact(false, 26, 1, 5);
  exact(true, 33, 1, 4);
  exact(false, 8, 2, 6);
  exact(false, 12, 0, 3);
  exact(false, 1, 0, 1);
  exact(false, 2, 1, 1);
  exact(false, 82, 1, 9);
  add({.head_size = 8, .method = BucketMethod::exact, .ratio = 0, .on_q = vectors, .on_v = vectors},
      21, 1, 4);
  return specs;
}

std::vector<OpSpec> token_mix_specs() {
  std::vector<OpSpec> specs;
  for (const int tokens : {1, 2, 7, 16, 17}) {
    specs.push_back(op_spec(TokenMixSpec{2, tokens, tokens + 1, 32, Activation::gelu_erf}));
  }
  for (const int width : {1, 2, 7, 8, 15, 16, 24, 48}) {
    specs.push_back(op_spec(TokenMixSpec{1, 5, 9, width, Activation::none}));
  }
  return specs;
}

std::vector<OpSpec> depthwise_conv_specs() {
  std::vector<OpSpec> specs;
  for (const int taps : {1, 2, 3, 8, 40}) {  // 40: wider than the row
    specs.push_back(op_spec(DepthwiseConvSpec{2, 3, 32, taps, (taps - 1) / 2}));
  }
  for (const int width : {1, 2, 7, 8, 15, 16, 24, 48}) {
    specs.push_back(op_spec(DepthwiseConvSpec{1, 2, width, 5, 4, Activation::relu}));
  }
  return specs;
}

std::vector<OpSpec> image_windows_specs() {
  std::vector<OpSpec> specs;
  // Windows that overlap, that leave pixels out, that are larger than the image.
  specs.push_back(op_spec(ImageWindowsSpec{2, 3, 16, 24, 8, 8, 11, 11, 3}));
  specs.push_back(op_spec(ImageWindowsSpec{1, 1, 9, 11, 4, 3, 2, 1, 0}));
  specs.push_back(op_spec(ImageWindowsSpec{1, 4, 5, 6, 5, 2, 12, 7, 4}));
  specs.push_back(op_spec(ImageWindowsSpec{1, 3, 32, 16, 16, 16, 19, 19, 3}));
  // Patches, with rows that end with zeros, of pixels side by side.
  ImageWindowsSpec patches{2, 3, 15, 35, 14, 16, 14, 16, 0};
  specs.push_back(op_spec(patches));
  patches.zeros = 5;
  patches.dtype = DType::u8;
  patches.layout = ImageLayout::hwc;
  specs.push_back(op_spec(patches));
  return specs;
}

std::vector<OpSpec> series_patches_specs() {
  std::vector<OpSpec> specs;
  for (const int variables : {1, 2, 7, 16, 17}) {
    specs.push_back(op_spec(SeriesPatchesSpec{2, 19, variables, 4, 2}));
  }
  specs.push_back(op_spec(SeriesPatchesSpec{1, 16, 3, 16, 8}));  // one patch and its overhang
  specs.push_back(op_spec(SeriesPatchesSpec{1, 5, 3, 2, 3}));    // steps that no patch has
  return specs;
}

std::vector<OpSpec> series_forecast_specs() {
  std::vector<OpSpec> specs;
  for (const int variables : {1, 2, 7, 16, 17}) {
    specs.push_back(op_spec(SeriesForecastSpec{2, 19, variables, 5}));
  }
  return specs;
}

}  // namespace

namespace {

std::vector<OpSpec> f32_edge_specs(std::string_view op) {
  std::vector<OpSpec> specs = drop_pos_edge_specs(op);
  if (!specs.empty()) return specs;
  specs = head_edge_specs(op);
  if (!specs.empty()) return specs;
  specs = block_edge_specs(op);
  if (!specs.empty()) return specs;
  if (op == LinearSpec::op) return linear_specs();
  if (op == PatchEmbedSpec::op) return patch_embed_specs();
  if (op == AttentionSpec::op) return attention_specs();
  if (op == RelativeAttentionSpec::op) return relative_attention_specs();
  if (op == TokenMixSpec::op) return token_mix_specs();
  if (op == DepthwiseConvSpec::op) return depthwise_conv_specs();
  if (op == SeriesPatchesSpec::op) return series_patches_specs();
  if (op == ImageWindowsSpec::op) return image_windows_specs();
  if (op == SeriesForecastSpec::op) return series_forecast_specs();
  if (op == LayerNormSpec::op) {
    for (const int width : {1, 2, 7, 8, 9, 15, 16, 17, 24, 48, 65, 192}) {
      specs.push_back(
          op_spec(LayerNormSpec{width % 2 == 0 ? 17 : 3, width, 1e-6f, width % 3 != 0}));
    }
  }
  if (op == AddSpec::op) {
    for (const int width : {1, 7, 8, 10, 15, 16, 17, 48}) {
      specs.push_back(op_spec(AddSpec{.rows = width % 2 == 0 ? 33 : 1, .width = width}));
    }
    for (const int prefix : {1, 3}) specs.push_back(op_spec(AddSpec{2, 35, 24, prefix}));
  }
  if (op == EmbeddingAddSpec::op) {
    for (const int prefix : {0, 1, 2, 5}) {
      specs.push_back(op_spec(EmbeddingAddSpec{2, prefix, 9, prefix == 2 ? 10 : 48}));
    }
  }
  if (op == PoolSpec::op) {
    for (const std::string_view name : enum_names(Pooling{})) {
      for (const int width : {10, 48}) {
        specs.push_back(op_spec(PoolSpec{3, 11, 2, width, parse_enum<Pooling>(name, "pooling")}));
      }
    }
  }
  return specs;
}

}  // namespace

std::vector<OpSpec> edge_specs(std::string_view op) {
  std::vector<OpSpec> specs = f32_edge_specs(op);
  // A few in the other types; those of a prime step differ in more than one extent.
  constexpr std::size_t kStep = 7;
  const std::size_t count = specs.size();
  for (std::size_t s = 0; s < count; s += kStep) {
    for (const DType storage : {DType::f16, DType::bf16}) {
      const std::size_t shape = storage == DType::f16 ? s : std::min(s + kStep / 2, count - 1);
      const OpSpec narrow = with_storage(specs[shape], storage);
      if (narrow != specs[shape]) specs.push_back(narrow);
    }
  }
  return specs;
}

std::vector<OpSpec> model_specs(std::string_view op) {
  std::vector<OpSpec> specs = block_model_specs(op);
  for (const int tokens : {50, 197, 577}) {
    for (const int width : {192, 384, 768, 1280}) {
      const int head_size = width == 1280 ? 80 : 64;
      if (op == LinearSpec::op) {
        const Epilogue gelu{.bias = true, .activation = Activation::gelu_erf, .residual = false};
        const Epilogue add{.bias = true, .activation = Activation::none, .residual = true};
        specs.push_back(op_spec(LinearSpec{.rows = tokens,
                                           .k = width,
                                           .n = 4 * width,
                                           .panel = panel_width(4 * width),
                                           .epilogue = gelu}));
        specs.push_back(op_spec(LinearSpec{.rows = tokens,
                                           .k = 4 * width,
                                           .n = width,
                                           .panel = panel_width(width),
                                           .epilogue = add}));
        specs.push_back(op_spec(LinearSpec{
            .rows = 3, .k = width, .n = 1000, .panel = panel_width(1000), .epilogue = {}}));
      }
      if (op == LayerNormSpec::op) specs.push_back(op_spec(LayerNormSpec{tokens, width, 1e-12f}));
      if (op == AttentionSpec::op) {
        specs.push_back(op_spec(
            AttentionSpec{1, tokens, width / head_size, head_size, std::numbers::ln2_v<float>}));
      }
      if (op == RelativeAttentionSpec::op && width < 768) {
        RelativeAttentionSpec spec{.tokens = tokens, .heads = width / 64};
        spec.scale = std::numbers::ln2_v<float>;
        spec.grid_w = tokens == 50 ? 7 : tokens == 197 ? 14 : 24;
        spec.on_q = spec.on_v = width == 192 ? Lookup::none : Lookup::contextual;
        specs.push_back(op_spec(spec));
        spec.method = BucketMethod::exact;
        spec.ratio = 0;
        spec.on_q = spec.on_v = Lookup::none;
        spec.on_k = Lookup::bias;
        spec.shared = false;
        specs.push_back(op_spec(spec));
      }
    }
    if (op == AddSpec::op) specs.push_back(op_spec(AddSpec{2, tokens, 768, 1}));
    if (op == EmbeddingAddSpec::op)
      specs.push_back(op_spec(EmbeddingAddSpec{2, 1, tokens - 1, 768}));
    if (op == PoolSpec::op) specs.push_back(op_spec(PoolSpec{2, tokens, 1, 768, Pooling::mean}));
  }
  if (op == PatchEmbedSpec::op) {
    for (const int patch : {8, 14, 16, 32}) {
      specs.push_back(op_spec(PatchEmbedSpec{.batch = 1,
                                             .channels = 3,
                                             .height = 224,
                                             .width = 224,
                                             .patch_h = patch,
                                             .patch_w = patch,
                                             .n = 384,
                                             .panel = panel_width(384)}));
    }
  }
  if (op == ImageWindowsSpec::op) {
    specs.push_back(op_spec(ImageWindowsSpec{1, 3, 224, 224, 16, 16, 19, 19, 3}));
  }
  if (op == TokenMixSpec::op) specs.push_back(op_spec(TokenMixSpec{7, 42, 42, 256}));
  if (op == DepthwiseConvSpec::op) specs.push_back(op_spec(DepthwiseConvSpec{7, 42, 256, 8, 3}));
  if (op == SeriesPatchesSpec::op) specs.push_back(op_spec(SeriesPatchesSpec{2, 336, 7, 16, 8}));
  if (op == SeriesForecastSpec::op) specs.push_back(op_spec(SeriesForecastSpec{2, 336, 7, 96}));
  return specs;
}

}  // namespace vitgen
