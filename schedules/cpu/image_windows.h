#pragma once
// for image, row of windows                 parallel
//   for window, for its rows and channels, for its columns
// Bound: memory; a pixel is copied into as many windows as it lies in.

#include <optional>

#include "generators/ops/image_windows.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuImageWindows {
  static constexpr std::string_view name = "cpu/image_windows";
  using Spec = ImageWindowsSpec;
  struct Knobs {
    template <class V>
    void visit(V&) {}
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static void apply(ImageWindows& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
