#include "generators/plan/passes/patches_into_linear.h"

#include "generators/ops/image_windows.h"
#include "generators/ops/linear.h"
#include "generators/ops/patch_embed.h"
#include "generators/plan/plan_builder.h"
#include "generators/plan/tensor_functions.h"

namespace vitgen {

namespace t = tensors;

namespace {

ImageWindowsSpec rows_of(const PatchEmbedSpec& patch) {
  const int piece = kPieceBytes / static_cast<int>(byte_size(patch.storage));
  return {.batch = patch.batch,
          .channels = patch.channels,
          .height = patch.height,
          .width = patch.width,
          .stride_h = patch.patch_h,
          .stride_w = patch.patch_w,
          .window_h = patch.patch_h,
          .window_w = patch.patch_w,
          .before = 0,
          .storage = patch.storage,
          .dtype = patch.dtype,
          .layout = patch.layout,
          .zeros = (piece - patch.k() % piece) % piece};
}

LinearSpec linear_of(const PatchEmbedSpec& patch, int k) {
  return {.rows = patch.batch * patch.grid_h() * patch.grid_w(),
          .k = k,
          .n = patch.n,
          .panel = patch.panel,
          .epilogue = {.bias = patch.bias},
          .storage = patch.storage};
}

/// The weight of further pixels, which are zero.
void add_columns(Weight& weight, int columns) {
  if (columns == 0) return;
  const Shape shape = shape_of(weight.value);
  weight.value = t::concat_columns({std::move(weight.value), t::zeros({shape[0], columns})});
  weight.extents[0] += columns;
}

}  // namespace

void patches_into_linear(Plan& plan) {
  std::vector<Step> steps;
  for (Step& step : plan.steps) {
    if (step.spec.op == PatchEmbedSpec::op) {
      const auto patch = typed_spec<PatchEmbedSpec>(step.spec);
      if (patch.storage != DType::f32) {
        const ImageWindowsSpec windows = rows_of(patch);
        add_columns(weight_of(plan, step, "weight"), windows.zeros);
        const Slot rows = add_buffer(plan, operands(windows).back().bytes());
        steps.push_back({step.name + ".rows", op_spec(windows), {step.slots[0], rows}});
        step.slots[0] = rows;
        step.spec = op_spec(linear_of(patch, windows.row()));
      }
    }
    steps.push_back(std::move(step));
  }
  plan.steps = std::move(steps);
}

}  // namespace vitgen
