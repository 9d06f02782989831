#pragma once
// What every op hands to the rest: its arguments, its Funcs and its output, still unscheduled.

#include <Halide.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "generators/base/op_spec.h"

namespace vitgen {

/// A piece of code that a definition calls and Halide does not write, by its shape; see
/// microkernel_stage.h.
struct Microkernel {
  std::string symbol;  ///< of the stage
  int rows = 0;        ///< that one call computes
  int k = 0;           ///< input channels, whole tiles
  int panel = 0;       ///< columns that one call computes

  bool operator==(const Microkernel&) const = default;
};

/// A definition by its parts. `arguments` and then `outputs` follow the order of the op's operands;
/// `stages` are all other Funcs, producers first. An output may be made of those before it, as they
/// are stored.
struct Algorithm {
  std::vector<Halide::ImageParam> arguments;
  std::vector<Halide::Func> stages;
  std::vector<Halide::Func> outputs;
  std::vector<Microkernel> microkernels = {};
  /// What a schedule does to the lowered code where directives do not reach.
  std::vector<std::shared_ptr<Halide::Internal::IRMutator>> lowering_passes = {};
};

/// What Halide compiles or runs. The passes live as long as the algorithm.
Halide::Pipeline pipeline(const Algorithm& algorithm);

Halide::Type halide_type(DType dtype);

/// An ImageParam of the operand's dense layout: bounds and strides are pinned, so the kernel
/// checks instead of adapting.
Halide::ImageParam image_param(const Operand& operand);

/// Where the operand called `name` stands; operands of optional parts are absent.
std::size_t operand_position(const std::vector<Operand>& operands, std::string_view name);

/// Pins the output's layout to the operand, as image_param does for inputs.
void pin_output(Halide::Func& output, const Operand& operand);

}  // namespace vitgen
