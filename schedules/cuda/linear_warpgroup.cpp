#include "schedules/cuda/linear_warpgroup.h"

#include "schedules/rule.h"

namespace vitgen {

namespace {

std::vector<microkernels::WarpgroupTile> tiles_for(const LinearSpec& spec, const Machine& machine) {
  if (!machine.warpgroup_products || !tensor_product_of(spec)) return {};
  return tiles_that_fit(microkernels::kWarpgroupTiles, spec, machine);
}

}  // namespace

std::optional<CudaLinearWarpgroup::Knobs> CudaLinearWarpgroup::defaults(const LinearSpec& spec,
                                                                        const Machine& machine) {
  return quickest_knobs<Knobs>(spec, machine, tiles_for(spec, machine));
}

std::vector<CudaLinearWarpgroup::Knobs> CudaLinearWarpgroup::space(const LinearSpec& spec,
                                                                   const Machine& machine) {
  return knobs_of<Knobs>(tiles_for(spec, machine));
}

DeviceKernel CudaLinearWarpgroup::device_kernel(const LinearSpec& spec, const Machine& machine,
                                                const Knobs& knobs) {
  const auto product = tensor_product_of(spec);
  require_knobs(product && machine.warpgroup_products,
                "16-bit storage, k in whole chunks of 8, wgmma");
  require_knobs(!tiles_that_fit(std::array{knobs.tile}, spec, machine).empty(),
                "whole tiles of warpgroups and copies; blocks that fit on a multiprocessor");
  return device_kernel_of(warpgroup_product(*product, knobs.tile), operands(spec).size());
}

}  // namespace vitgen
