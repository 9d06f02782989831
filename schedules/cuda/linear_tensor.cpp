#include "schedules/cuda/linear_tensor.h"

#include "schedules/rule.h"
#include "schedules/support/tensor_cores.h"

namespace vitgen {

using microkernels::TensorTile;

namespace {

bool fits(const Machine& machine, const TensorTile& tile) {
  if (!is_legal(tile)) return false;
  // Beside its sums a thread has addresses and the factors of two steps of 16 terms.
  constexpr int kOthers = 64;
  const int threads = threads_of(tile);
  return fits_multiprocessor(machine, tile.blocks, threads, shared_bytes(tile),
                             tile.block_m * tile.block_n / threads + kOthers);
}

std::vector<TensorTile> tiles_for(const LinearSpec& spec, const Machine& machine) {
  std::vector<TensorTile> tiles;
  if (machine.tensor_products == 0 || !tensor_product_of(spec)) return tiles;
  for (const TensorTile& tile : microkernels::kTensorTiles) {
    if (fits(machine, tile)) tiles.push_back(tile);
  }
  return tiles;
}

}  // namespace

std::optional<CudaLinearTensor::Knobs> CudaLinearTensor::defaults(const LinearSpec& spec,
                                                                  const Machine& machine) {
  const std::vector<TensorTile> tiles = tiles_for(spec, machine);
  if (tiles.empty()) return std::nullopt;
  return Knobs{quickest_tile(spec, machine, tiles)};
}

std::vector<CudaLinearTensor::Knobs> CudaLinearTensor::space(const LinearSpec& spec,
                                                             const Machine& machine) {
  std::vector<Knobs> space;
  for (const TensorTile& tile : tiles_for(spec, machine)) space.push_back({tile});
  return space;
}

DeviceKernel CudaLinearTensor::device_kernel(const LinearSpec& spec, const Machine& machine,
                                             const Knobs& knobs) {
  const auto product = tensor_product_of(spec);
  require_knobs(product && machine.tensor_products > 0,
                "16-bit storage, k in whole chunks of 8, tensor cores");
  require_knobs(fits(machine, knobs.tile),
                "whole tiles of warps and copies; blocks that fit on a multiprocessor");
  return device_kernel_of(tensor_product(*product, knobs.tile), operands(spec).size());
}

}  // namespace vitgen
