#include "schedules/cpu/image_windows.h"

namespace vitgen {

std::optional<CpuImageWindows::Knobs> CpuImageWindows::defaults(const ImageWindowsSpec&,
                                                                const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  return Knobs{};
}

void CpuImageWindows::apply(ImageWindows& op, const ImageWindowsSpec& spec, const Machine& machine,
                            const Knobs&) {
  const Halide::Var row("row"), column("column"), task("task");
  const Halide::TailStrategy tail =
      spec.zeros > 0 ? Halide::TailStrategy::GuardWithIf : Halide::TailStrategy::RoundUp;
  // Whole rows of a window, so that their place is divided once for a row and not for a pixel.
  op.output.split(op.k, row, column, spec.window_w, tail).fuse(op.r, op.b, task).parallel(task);
  const int lanes = machine.lanes(DType::f32);
  if (spec.window_w % lanes == 0) op.output.vectorize(column, lanes);
}

}  // namespace vitgen
