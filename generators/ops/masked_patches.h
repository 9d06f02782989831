#pragma once
// y[b][p][c] = mask[b][p] > 0 ? token[c] : x[b][p][c]: patches that the network must not see.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct MaskedPatchesSpec {
  static constexpr std::string_view op = "masked_patches";
  int batch = 1;
  int patches = 196;
  int width = 768;
  DType storage = DType::f32;

  bool valid() const { return are_extents({batch, patches, width}) && is_storage(storage); }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("patches", patches);
    v("width", width);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const MaskedPatchesSpec&) const = default;
};

/// patches {width, patches, batch} in storage, mask {patches, batch}, token {width},
/// output {width, patches, batch} in storage.
std::vector<Operand> operands(const MaskedPatchesSpec& spec);
double flops(const MaskedPatchesSpec& spec);

struct MaskedPatches {
  Algorithm algorithm;
  Halide::Func output;
  Halide::Var c, p, b;
};

MaskedPatches define(const MaskedPatchesSpec& spec);

}  // namespace vitgen
