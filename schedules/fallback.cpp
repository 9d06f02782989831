#include "schedules/fallback.h"

namespace vitgen {

using Halide::Func;
using Halide::Stage;
using Halide::TailStrategy;
using Halide::Var;

namespace {

// Threads of a block, along one dimension: a warp of every GPU, and few enough for any device.
constexpr int kThreads = 32;

/// The outermost dimension of the stage that is not reduced, if there is one.
const Halide::Internal::Dim* parallel_dim(const Stage& stage) {
  const auto& dims = stage.get_schedule().dims();
  for (auto dim = dims.rbegin(); dim != dims.rend(); ++dim) {
    if (dim->is_pure() && !dim->is_rvar() && dim->var != Var::outermost().name()) return &*dim;
  }
  return nullptr;
}

void put_on_gpu(Stage stage) {
  const auto* dim = parallel_dim(stage);
  if (!dim) {
    stage.gpu_single_thread();
    return;
  }
  const Var all(dim->var);
  const Var block("gpu_block"), thread("gpu_thread");
  stage.gpu_tile(all, block, thread, kThreads, TailStrategy::GuardWithIf);
}

void put_on_gpu(Func& func) {
  put_on_gpu(Stage(func));
  for (int u = 0; u < func.num_update_definitions(); ++u) put_on_gpu(func.update(u));
}

}  // namespace

void apply_fallback(Algorithm& algorithm, const Machine& machine) {
  for (Func& stage : algorithm.stages) stage.compute_root();
  if (machine.kind != MachineKind::gpu) return;
  for (Func& stage : algorithm.stages) put_on_gpu(stage);
  for (Func& output : algorithm.outputs) put_on_gpu(output);
}

Algorithm build_fallback(const OpSpec& spec, const Machine& machine) {
  Algorithm algorithm = find_op(spec.op).define(spec);
  apply_fallback(algorithm, machine);
  return algorithm;
}

}  // namespace vitgen
