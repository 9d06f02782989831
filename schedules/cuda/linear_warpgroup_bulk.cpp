#include "schedules/cuda/linear_warpgroup_bulk.h"

#include "schedules/rule.h"
#include "schedules/support/tensor_cores.h"

namespace vitgen {

namespace {

// Registers of a thread beside its sums: addresses.
constexpr int kOthers = 48;

bool serves(const LinearSpec& spec, const Machine& machine) {
  const auto product = tensor_product_of(spec);
  return machine.warpgroup_products && product && has_bulk_product(*product);
}

std::vector<microkernels::BulkTile> tiles_for(const LinearSpec& spec, const Machine& machine) {
  if (!serves(spec, machine)) return {};
  return tiles_that_fit(microkernels::kBulkTiles, spec, machine, kOthers);
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
  require_knobs(serves(spec, machine), "16-bit storage, k and columns in whole chunks of 8, wgmma");
  require_knobs(!tiles_that_fit(std::array{knobs.tile}, spec, machine, kOthers).empty(),
                "whole tiles of warpgroups; blocks that fit on a multiprocessor");
  return device_kernel_of(
      bulk_product(*tensor_product_of(spec), knobs.tile, machine.multiprocessors),
      operands(spec).size());
}

}  // namespace vitgen
