#pragma once
// for image, head, tiles of queries         parallel; k transposed (d x tokens, 50 KB), and v if it
//                                           is packed, stay in L2
//   for m_r queries
//     for n_keys keys: m_r x n_keys sums    sums in registers; a strip of scores stays in L1
//     row max, probs, row sum               over 16 lanes
//     for n_out channels: m_r x n_out sums  sums in registers, v streams from L1/L2
// Nothing of tokens x tokens reaches memory. Bound: the FMA rate of both products.

#include <optional>
#include <vector>

#include "generators/ops/attention.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuAttention {
  static constexpr std::string_view name = "cpu/attention";
  static constexpr int version = 2;
  using Spec = AttentionSpec;
  struct Knobs {
    int tiles = 1;    ///< of m_r queries in a task; every task transposes the keys for itself
    int m_r = 4;      ///< queries at once
    int n_keys = 16;  ///< keys per score tile: whole blocks of 16
    int n_out = 16;   ///< channels per output tile: whole strips of values, a part of the head size
    int pack_values = 0;  ///< 1: v in strips, copied once per task; 0: v as it stands in qkv
    template <class V>
    void visit(V& v) {
      v("tiles", tiles);
      v("m_r", m_r);
      v("n_keys", n_keys);
      v("n_out", n_out);
      v("pack_values", pack_values);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(Attention& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
