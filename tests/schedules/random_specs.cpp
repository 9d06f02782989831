#include "tests/schedules/random_specs.h"

#include <algorithm>
#include <numbers>
#include <stdexcept>
#include <string>

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

// The same on every system, unlike the library's distributions.
class Draw {
 public:
  explicit Draw(std::mt19937& random) : random_(random) {}

  int of(int least, int most) {
    return least + static_cast<int>(random_() % static_cast<unsigned>(most - least + 1));
  }
  /// Half of them near a multiple of the tiles' sizes, where loops end.
  int extent(int most) {
    if (coin()) return of(1, most);
    const int step = 8 << of(0, 2);
    return std::clamp(step * of(0, most / step) + of(-1, 1), 1, most);
  }
  bool coin() { return random_() % 2 == 0; }
  template <class E>
  E any(std::string_view what) {
    const auto names = enum_names(E{});
    return parse_enum<E>(names[random_() % names.size()], what);
  }

 private:
  std::mt19937& random_;
};

OpSpec random_linear(Draw draw) {
  const int n = draw.extent(130);
  const Epilogue epilogue{.bias = draw.coin(),
                          .activation = draw.any<Activation>("activation"),
                          .residual = draw.coin()};
  const bool many = draw.of(0, 7) == 0;  // rows that are shared out in place of columns
  const int rows = many ? 4 * draw.of(128, 140) : draw.extent(70);
  const int k = draw.extent(130);
  return op_spec(LinearSpec{rows, k, n, panel_width(n), epilogue, draw.any<Compute>("compute")});
}

OpSpec random_patch_embed(Draw draw) {
  PatchEmbedSpec spec;
  spec.batch = draw.of(1, 2);
  spec.channels = draw.of(1, 4);
  spec.patch_h = draw.of(1, 9);
  spec.patch_w = draw.of(1, 9);
  spec.height = spec.patch_h * draw.of(1, 6) + draw.of(0, spec.patch_h - 1);
  spec.width = spec.patch_w * draw.of(1, 6) + draw.of(0, spec.patch_w - 1);
  spec.n = draw.extent(130);
  spec.panel = panel_width(spec.n);
  spec.bias = draw.coin();
  spec.dtype = draw.coin() ? DType::f32 : DType::u8;
  spec.layout = draw.any<ImageLayout>("layout");
  return op_spec(spec);
}

OpSpec random_attention(Draw draw) {
  const bool many = draw.of(0, 3) == 0;  // images of few tokens, in vectors of images
  const int batch = many ? draw.of(32, 70) : draw.of(1, 2);
  const int tokens = draw.extent(many ? 20 : 80);
  const int heads = draw.of(1, 3);
  const float scale = draw.coin() ? std::numbers::ln2_v<float> : 0.11f;
  if (many) return op_spec(AttentionSpec{batch, tokens, heads, draw.extent(15), scale});
  return op_spec(AttentionSpec{batch, tokens, heads, draw.extent(88), scale});
}

OpSpec random_relative_attention(Draw draw) {
  RelativeAttentionSpec spec;
  spec.batch = draw.of(1, 2);
  spec.heads = draw.of(1, 3);
  spec.head_size = draw.extent(72);
  spec.scale = draw.coin() ? std::numbers::ln2_v<float> : 0.11f;
  spec.skip = draw.of(0, 3);
  spec.grid_w = draw.of(1, 9);
  spec.tokens = spec.skip + spec.grid_w * draw.of(1, 9);
  spec.method = draw.any<BucketMethod>("method");
  spec.ratio = static_cast<float>(draw.of(2, 70)) / 10;
  spec.on_q = draw.any<Lookup>("on_q");
  spec.on_k = draw.any<Lookup>("on_k");
  spec.on_v = draw.coin() ? Lookup::none : Lookup::contextual;
  spec.shared = draw.coin();
  return op_spec(spec);
}

OpSpec random_layer_norm(Draw draw) {
  const int rows = draw.extent(40);
  const int width = draw.extent(300);
  const float eps = draw.coin() ? 1e-6f : 1e-3f;
  return op_spec(LayerNormSpec{rows, width, eps, draw.coin()});
}

OpSpec random_add(Draw draw) {
  const int rows = draw.extent(70);
  const int prefix = draw.of(0, std::min(rows - 1, 3));
  return op_spec(AddSpec{draw.of(1, 3), rows, draw.extent(100), prefix});
}

OpSpec random_embedding_add(Draw draw) {
  const int batch = draw.of(1, 3);
  const int prefix = draw.of(0, 5);
  const int patches = draw.extent(70);
  return op_spec(EmbeddingAddSpec{batch, prefix, patches, draw.extent(100)});
}

OpSpec random_image_windows(Draw draw) {
  ImageWindowsSpec spec;
  spec.batch = draw.of(1, 2);
  spec.channels = draw.of(1, 4);
  spec.stride_h = draw.of(1, 9);
  spec.stride_w = draw.of(1, 9);
  spec.height = spec.stride_h * draw.of(1, 4) + draw.of(0, spec.stride_h - 1);
  spec.width = spec.stride_w * draw.of(1, 4) + draw.of(0, spec.stride_w - 1);
  spec.window_h = draw.of(1, 14);
  spec.window_w = draw.of(1, 14);
  spec.before = draw.of(0, 4);
  spec.dtype = draw.of(0, 1) == 0 ? DType::f32 : DType::u8;
  spec.layout = draw.any<ImageLayout>("layout");
  spec.zeros = draw.of(0, 1) * draw.of(1, 7);
  return op_spec(spec);
}

OpSpec random_pool(Draw draw) {
  const auto pooling = draw.any<Pooling>("pooling");
  const int tokens = draw.of(pooling == Pooling::two_tokens ? 2 : 1, 40);
  const int prefix = draw.of(0, std::min(tokens - 1, 5));
  const int batch = draw.of(1, 3);
  const int width = draw.extent(100);
  return op_spec(PoolSpec{batch, tokens, prefix, width, pooling});
}

OpSpec random_token_mix(Draw draw) {
  const int batch = draw.of(1, 3);
  const int tokens = draw.extent(50);
  const int outputs = draw.extent(50);
  const int width = draw.extent(130);
  return op_spec(TokenMixSpec{batch, tokens, outputs, width, draw.any<Activation>("activation")});
}

OpSpec random_depthwise_conv(Draw draw) {
  const int batch = draw.of(1, 3);
  const int tokens = draw.extent(20);
  const int width = draw.extent(130);
  const int taps = draw.of(1, 12);
  const int before = draw.of(0, taps - 1);
  return op_spec(
      DepthwiseConvSpec{batch, tokens, width, taps, before, draw.any<Activation>("activation")});
}

OpSpec random_series_patches(Draw draw) {
  const int batch = draw.of(1, 3);
  const int variables = draw.extent(20);
  const int patch = draw.of(1, 16);
  const int length = patch + draw.of(0, 40);
  return op_spec(SeriesPatchesSpec{batch, length, variables, patch, draw.of(1, patch)});
}

OpSpec random_series_forecast(Draw draw) {
  const int batch = draw.of(1, 3);
  const int variables = draw.extent(20);
  const int length = draw.of(1, 60);
  return op_spec(SeriesForecastSpec{batch, length, variables, draw.extent(40)});
}

OpSpec random_f32_spec(std::string_view op, std::mt19937& random) {
  const Draw draw(random);
  if (op == LinearSpec::op) return random_linear(draw);
  if (op == PatchEmbedSpec::op) return random_patch_embed(draw);
  if (op == AttentionSpec::op) return random_attention(draw);
  if (op == RelativeAttentionSpec::op) return random_relative_attention(draw);
  if (op == LayerNormSpec::op) return random_layer_norm(draw);
  if (op == AddSpec::op) return random_add(draw);
  if (op == EmbeddingAddSpec::op) return random_embedding_add(draw);
  if (op == PoolSpec::op) return random_pool(draw);
  if (op == ImageWindowsSpec::op) return random_image_windows(draw);
  if (op == TokenMixSpec::op) return random_token_mix(draw);
  if (op == DepthwiseConvSpec::op) return random_depthwise_conv(draw);
  if (op == SeriesPatchesSpec::op) return random_series_patches(draw);
  if (op == SeriesForecastSpec::op) return random_series_forecast(draw);
  if (const auto spec = random_drop_pos_spec(op, random)) return *spec;
  if (const auto spec = random_head_spec(op, random)) return *spec;
  if (const auto spec = random_block_spec(op, random)) return *spec;
  throw std::invalid_argument("no random shapes of " + std::string(op));
}

}  // namespace

OpSpec random_spec(std::string_view op, std::mt19937& random) {
  const OpSpec spec = random_f32_spec(op, random);
  constexpr DType kNarrow[] = {DType::f16, DType::bf16};
  return random() % 4 == 0 ? with_storage(spec, kNarrow[random() % 2]) : spec;
}

}  // namespace vitgen
