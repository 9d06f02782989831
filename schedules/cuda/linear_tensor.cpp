#include "schedules/cuda/linear_tensor.h"

#include "schedules/rule.h"
#include "schedules/support/tensor_cores.h"

namespace vitgen {

namespace {

std::vector<microkernels::TensorTile> tiles_for(const LinearSpec& spec, const Machine& machine) {
  if (machine.tensor_products == 0 || !tensor_product_of(spec)) return {};
  return tiles_that_fit(microkernels::kTensorTiles, spec, machine);
}

}  // namespace

std::optional<CudaLinearTensor::Knobs> CudaLinearTensor::defaults(const LinearSpec& spec,
                                                                  const Machine& machine) {
  return quickest_knobs<Knobs>(spec, machine, tiles_for(spec, machine));
}

std::vector<CudaLinearTensor::Knobs> CudaLinearTensor::space(const LinearSpec& spec,
                                                             const Machine& machine) {
  return knobs_of<Knobs>(tiles_for(spec, machine));
}

DeviceKernel CudaLinearTensor::device_kernel(const LinearSpec& spec, const Machine& machine,
                                             const Knobs& knobs) {
  const auto product = tensor_product_of(spec);
  require_knobs(product && machine.tensor_products > 0,
                "16-bit storage, k in whole chunks of 8, tensor cores");
  require_knobs(!tiles_that_fit(std::array{knobs.tile}, spec, machine).empty(),
                "whole tiles of warps and copies; blocks that fit on a multiprocessor");
  return device_kernel_of(tensor_product(*product, knobs.tile), operands(spec).size());
}

}  // namespace vitgen
