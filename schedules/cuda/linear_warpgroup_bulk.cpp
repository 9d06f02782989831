#include "schedules/cuda/linear_warpgroup_bulk.h"

#include "schedules/rule.h"

namespace vitgen {

namespace {

/// The layer, where the rule serves it.
std::optional<microkernels::TensorProduct> product_of(const LinearSpec& spec,
                                                      const Machine& machine) {
  auto product = tensor_product_of(spec);
  if (!machine.warpgroup_products || !product || !has_bulk_product(*product)) return std::nullopt;
  return product;
}

std::vector<microkernels::BulkTile> tiles_for(const LinearSpec& spec, const Machine& machine) {
  if (!product_of(spec, machine)) return {};
  return tiles_that_fit(microkernels::kBulkTiles, spec, machine);
}

}  // namespace

std::optional<CudaLinearWarpgroupBulk::Knobs> CudaLinearWarpgroupBulk::defaults(
    const LinearSpec& spec, const Machine& machine) {
  return quickest_knobs<Knobs>(spec, machine, tiles_for(spec, machine));
}

std::vector<CudaLinearWarpgroupBulk::Knobs> CudaLinearWarpgroupBulk::space(const LinearSpec& spec,
                                                                           const Machine& machine) {
  return knobs_of<Knobs>(tiles_for(spec, machine));
}

DeviceKernel CudaLinearWarpgroupBulk::device_kernel(const LinearSpec& spec, const Machine& machine,
                                                    const Knobs& knobs) {
  const auto product = product_of(spec, machine);
  require_knobs(product.has_value(), "16-bit storage, k and columns in whole chunks of 8, wgmma");
  require_knobs(!tiles_that_fit(std::array{knobs.tile}, spec, machine).empty(),
                "whole tiles of warpgroups; blocks that fit on a multiprocessor");
  return device_kernel_of(bulk_product(*product, knobs.tile, machine.multiprocessors),
                          operands(spec).size());
}

}  // namespace vitgen
