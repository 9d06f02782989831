#pragma once
// tokens[b][t][c] = t < P ? prefix[t][c]
//                 : patches[b][id][c] + (hidden ? dropped[c] : positions[id][c]),
// r = t - P, id = ids[b][r], hidden: position_keys[b][r] is not among the `visible` smallest.
// (DropPos, Wang et al. 2023, section 3.1: of the patches that stay, some lose their position.)

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct MaskedTokensSpec {
  static constexpr std::string_view op = "masked_tokens";
  int batch = 1;
  int prefix = 1;
  int patches = 196;
  int kept = 49;
  int visible = 12;  ///< of the kept patches, those that keep their position
  int width = 768;
  DType storage = DType::f32;

  bool valid() const {
    return are_extents({batch, prefix + std::int64_t{1}, patches, kept, width}) &&
           kept <= patches && visible >= 0 && visible <= kept && is_storage(storage);
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("prefix", prefix);
    v("patches", patches);
    v("kept", kept);
    v("visible", visible);
    v("width", width);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const MaskedTokensSpec&) const = default;
};

/// patches {width, patches, batch} in storage, ids {kept, batch}, position_keys {kept, batch},
/// [prefix {width, prefix} if prefix > 0], positions {width, patches}, dropped {width},
/// output {width, prefix + kept, batch} in storage.
std::vector<Operand> operands(const MaskedTokensSpec& spec);
double flops(const MaskedTokensSpec& spec);
/// Of the patches and positions, those that stay.
double bytes(const MaskedTokensSpec& spec);

struct MaskedTokens {
  Algorithm algorithm;
  Halide::Func rank;  ///< (r, b): of the position keys
  Halide::Func output;
  Halide::Var c, t, r, b;
  Halide::RDom others;  ///< over the kept patches
};

MaskedTokens define(const MaskedTokensSpec& spec);

}  // namespace vitgen
