#include "tests/schedules/drop_pos_specs.h"

#include "generators/ops/argsort.h"
#include "generators/ops/cosine_attention.h"
#include "generators/ops/masked_tokens.h"
#include "generators/ops/soft_cross_entropy.h"
#include "generators/ops/token_slice.h"

namespace vitgen {

std::vector<OpSpec> drop_pos_edge_specs(std::string_view op) {
  std::vector<OpSpec> specs;
  if (op == ArgsortSpec::op) {
    for (const int keys : {1, 2, 7, 17, 196}) specs.push_back(op_spec(ArgsortSpec{2, keys, 1}));
    specs.push_back(op_spec(ArgsortSpec{2, 33, 33}));
    specs.push_back(op_spec(ArgsortSpec{1, 196, 49}));
  }
  if (op == MaskedTokensSpec::op) {
    for (const int prefix : {0, 1, 2}) {
      for (const int visible : {0, 2, 5}) {
        specs.push_back(op_spec(MaskedTokensSpec{2, prefix, 9, 5, visible, 10}));
      }
    }
    specs.push_back(op_spec(MaskedTokensSpec{1, 1, 1, 1, 1, 1}));
  }
  if (op == TokenSliceSpec::op) {
    for (const int first : {0, 1, 6}) specs.push_back(op_spec(TokenSliceSpec{2, 7, first, 10}));
  }
  if (op == CosineAttentionSpec::op) {
    for (const int width : {1, 7, 48}) {
      specs.push_back(op_spec(CosineAttentionSpec{2, 2, 9, 5, width}));
    }
    specs.push_back(op_spec(CosineAttentionSpec{1, 1, 1, 1, 16}));
  }
  if (op == SoftCrossEntropySpec::op) {
    for (const bool attention : {false, true}) {
      for (const int visible : {0, 2, 5}) {
        specs.push_back(op_spec(SoftCrossEntropySpec{2, 9, 5, visible, attention}));
      }
    }
    specs.push_back(op_spec(SoftCrossEntropySpec{1, 1, 1, 0, false}));
  }
  return specs;
}

std::optional<OpSpec> random_drop_pos_spec(std::string_view op, std::mt19937& random) {
  const std::vector<OpSpec> specs = drop_pos_edge_specs(op);
  if (specs.empty()) return std::nullopt;
  return specs[random() % specs.size()];
}

}  // namespace vitgen
