#pragma once
// for groups of images, some a task         parallel
//   transpose q, k, v of a group            in tiles: rows of channels in, vectors of images out
//   for heads
//     for m_r queries
//       for n_keys keys                     m_r x n_keys sums in registers, a vector of images each
//       softmax                             all in vectors of images
//       for n_out channels                  m_r x n_out sums in registers
// For many images of few tokens and odd head sizes (the pixels of TNT's patches), which give
// vectors neither along the keys nor along a head. Bound: the exponentials, then multiply-adds and
// the transpositions.

#include <optional>
#include <vector>

#include "generators/ops/attention.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuAttentionSmall {
  static constexpr std::string_view name = "cpu/attention_small";
  using Spec = AttentionSpec;
  struct Knobs {
    int groups = 1;  ///< of as many images as a vector has lanes, in a task
    int m_r = 4;     ///< queries at once; divides the tokens
    int n_keys = 2;  ///< keys at once; divides 16
    int n_out = 3;   ///< channels at once; divides the head size
    template <class V>
    void visit(V& v) {
      v("groups", groups);
      v("m_r", m_r);
      v("n_keys", n_keys);
      v("n_out", n_out);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(Attention& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
