#pragma once
// for image                                 parallel
//   for token                               its row with the zeros beside it is copied once
//     for n_c channels
//       for k: n_c FMAs                     sums in registers, the tap broadcast, loads unaligned
//       activation, scale and shift, residual, store
// Bound: the activation and L1; a row is a few KB.

#include <optional>
#include <vector>

#include "generators/ops/depthwise_conv.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuDepthwiseConv {
  static constexpr std::string_view name = "cpu/depthwise_conv";
  using Spec = DepthwiseConvSpec;
  struct Knobs {
    int n_c = 32;  ///< channels at once: whole vectors that divide the width
    template <class V>
    void visit(V& v) {
      v("n_c", n_c);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(DepthwiseConv& op, const Spec& spec, const Machine& machine,
                    const Knobs& knobs);
};

}  // namespace vitgen
