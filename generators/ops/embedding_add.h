#pragma once
// tokens[b][t][c] = t < P ? prefix[t][c] : patches[b][t - P][c] + position[t - P][c]
// The prefix rows ([CLS], distillation, registers) carry their own positions already.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct EmbeddingAddSpec {
  static constexpr std::string_view op = "embedding_add";
  int batch = 1;
  int prefix = 1;
  int patches = 196;
  int width = 768;
  DType storage = DType::f32;

  bool valid() const {
    return are_extents({batch, prefix + std::int64_t{1}, patches, width}) && is_storage(storage);
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("prefix", prefix);
    v("patches", patches);
    v("width", width);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const EmbeddingAddSpec&) const = default;
};

/// patches {width, patches, batch} in storage, [prefix {width, prefix} if prefix > 0],
/// position {width, patches}, output {width, prefix + patches, batch} in storage.
std::vector<Operand> operands(const EmbeddingAddSpec& spec);
double flops(const EmbeddingAddSpec& spec);

struct EmbeddingAdd {
  Algorithm algorithm;
  Halide::Func output;
  Halide::Var c, t, b;
};

EmbeddingAdd define(const EmbeddingAddSpec& spec);

}  // namespace vitgen
