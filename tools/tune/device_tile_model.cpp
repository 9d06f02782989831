#include "tools/tune/device_tile_model.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "generators/ops/linear.h"
#include "schedules/support/gpu_product.h"
#include "schedules/support/tensor_cores.h"

namespace vitgen {

namespace {

double groups(int extent, int size) { return std::ceil(static_cast<double>(extent) / size); }

std::optional<int> knob(const Fields& knobs, std::string_view name) {
  const std::string* text = knobs.find(name);
  if (text == nullptr) return std::nullopt;
  return static_cast<int>(parse_int(*text, name));
}

// In the unit of tile_cycles. For each term a warp reads n_r columns of the weight and m_r rows of
// the input, which are the same for all of its threads, from shared memory in a cycle each: one
// bank a thread. Its multiply-adds are an instruction of a cycle each, on one of four schedulers
// (CUDA C++ Programming Guide, 16.7).
double block_cycles(const LinearSpec& spec, const Machine& machine, const BlockKnobs& knobs) {
  const double blocks = groups(spec.rows, knobs.rows()) * groups(spec.n, knobs.columns());
  const double warps = std::ceil(blocks / machine.multiprocessors) *
                       groups(knobs.threads_i * knobs.threads_j, machine.warp);
  constexpr double kSchedulers = 4;
  return std::max(warps * (knobs.m_r + knobs.n_r),
                  std::ceil(warps / kSchedulers) * knobs.m_r * knobs.n_r);
}

std::optional<double> cycles_of(const LinearSpec& spec, const Machine& machine,
                                const Fields& knobs) {
  const auto block_m = knob(knobs, "block_m");
  const auto block_n = knob(knobs, "block_n");
  if (block_m && block_n && machine.tensor_products > 0) {
    return tile_cycles(spec, machine, *block_m, *block_n);
  }
  if (!knob(knobs, "threads_i") || machine.multiprocessors == 0) return std::nullopt;
  return block_cycles(spec, machine, from_fields<BlockKnobs>(knobs));
}

}  // namespace

TileEstimate estimate_device_tile(const OpSpec& spec, const Machine& machine,
                                  const Choice& choice) {
  TileEstimate estimate;
  if (spec.op != LinearSpec::op) return estimate;
  const auto typed = typed_spec<LinearSpec>(spec);
  const auto cycles = cycles_of(typed, machine, choice.knobs);
  if (!cycles) return estimate;
  const double products = static_cast<double>(typed.rows) * typed.n;
  estimate.cycles = *cycles * machine.multiprocessors / products;
  return estimate;
}

}  // namespace vitgen
