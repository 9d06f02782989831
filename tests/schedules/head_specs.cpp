#include "tests/schedules/head_specs.h"

#include "generators/ops/attention_pool.h"
#include "generators/ops/masked_patches.h"
#include "generators/ops/pixel_shuffle.h"
#include "generators/ops/widen.h"

namespace vitgen {

std::vector<OpSpec> head_edge_specs(std::string_view op) {
  std::vector<OpSpec> specs;
  if (op == MaskedPatchesSpec::op) {
    for (const int width : {1, 7, 8, 17, 48})
      specs.push_back(op_spec(MaskedPatchesSpec{2, 9, width}));
    specs.push_back(op_spec(MaskedPatchesSpec{1, 1, 1}));
  }
  if (op == PixelShuffleSpec::op) {
    for (const int prefix : {0, 1, 2}) {
      for (const int stride : {1, 3, 8}) {
        specs.push_back(op_spec(PixelShuffleSpec{2, prefix, 2, 3, prefix == 2 ? 1 : 3, stride}));
      }
    }
    specs.push_back(op_spec(PixelShuffleSpec{1, 0, 1, 1, 1, 1}));
  }
  if (op == AttentionPoolSpec::op) {
    for (const int head_size : {1, 5, 8, 24, 72}) {
      specs.push_back(op_spec(AttentionPoolSpec{2, 9, 0, 3, head_size}));
    }
    for (const int tokens : {3, 8, 17, 20}) {
      specs.push_back(op_spec(AttentionPoolSpec{2, tokens, 2, 2, 16}));
    }
    specs.push_back(op_spec(AttentionPoolSpec{1, 1, 0, 1, 1}));
  }
  if (op == WidenSpec::op) {
    for (const int width : {1, 7, 16, 48}) specs.push_back(op_spec(WidenSpec{9, width}));
  }
  return specs;
}

std::optional<OpSpec> random_head_spec(std::string_view op, std::mt19937& random) {
  const std::vector<OpSpec> specs = head_edge_specs(op);
  if (specs.empty()) return std::nullopt;
  return specs[random() % specs.size()];
}

}  // namespace vitgen
