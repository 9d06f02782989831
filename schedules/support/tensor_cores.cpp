#include "schedules/support/tensor_cores.h"

#include "schedules/microkernels/warp_maps.h"

namespace vitgen {

namespace {

microkernels::DeviceActivation device_activation(Activation activation) {
  switch (activation) {
    case Activation::none:
      return microkernels::DeviceActivation::none;
    case Activation::gelu_erf:
      return microkernels::DeviceActivation::gelu_erf;
    case Activation::gelu_tanh:
      return microkernels::DeviceActivation::gelu_tanh;
    case Activation::quick_gelu:
      return microkernels::DeviceActivation::quick_gelu;
    case Activation::relu:
      return microkernels::DeviceActivation::relu;
    case Activation::silu:
      return microkernels::DeviceActivation::silu;
    case Activation::tanh:
      return microkernels::DeviceActivation::tanh;
  }
  return microkernels::DeviceActivation::none;
}

int groups(int extent, int size) { return (extent + size - 1) / size; }

}  // namespace

std::optional<microkernels::Element> tensor_element(DType storage) {
  if (storage == DType::f16) return microkernels::Element::f16;
  if (storage == DType::bf16) return microkernels::Element::bf16;
  return std::nullopt;
}

static_assert(kStatisticsGroup == microkernels::kColumnGroup);
static_assert(kPieceBytes == microkernels::kChunkBytes);

std::optional<microkernels::TensorProduct> tensor_product_of(const LinearSpec& spec) {
  const auto element = tensor_element(spec.storage);
  if (!element || spec.k % microkernels::kChunk != 0) return std::nullopt;
  return microkernels::TensorProduct{.rows = spec.rows,
                                     .k = spec.k,
                                     .n = spec.n,
                                     .element = *element,
                                     .bias = spec.epilogue.bias,
                                     .activation = device_activation(spec.epilogue.activation),
                                     .residual = spec.epilogue.residual,
                                     .f32_output = spec.f32_output,
                                     .normalized = spec.normalized,
                                     .eps = spec.eps,
                                     .statistics = spec.statistics};
}

double tile_cycles(const LinearSpec& spec, const Machine& machine, int block_m, int block_n) {
  const double products = static_cast<double>(block_m) * block_n / machine.tensor_products;
  const double reads = static_cast<double>(microkernels::kElementBytes * (block_m + block_n)) /
                       machine.l2_bytes_per_cycle;
  const double blocks = static_cast<double>(groups(spec.rows, block_m)) * groups(spec.n, block_n);
  return std::ceil(blocks / machine.multiprocessors) * std::max(products, reads);
}

bool fits_multiprocessor(const Machine& machine, int blocks, int threads, int shared_bytes,
                         int registers) {
  // What a block costs besides what it asks for; so much more than one block may have is there.
  constexpr int kOfSystem = 1024;
  constexpr int kMostRegisters = 255;  // of a thread
  return shared_bytes <= machine.shared_bytes_at_launch &&
         blocks * (shared_bytes + kOfSystem) <= machine.shared_bytes_at_launch + kOfSystem &&
         threads <= machine.max_threads && registers <= kMostRegisters &&
         blocks * threads * registers <= machine.registers;
}

bool has_registers_for_statistics(const LinearSpec& spec, const Machine& machine, int threads,
                                  int sums) {
  const int parts = (spec.normalized ? 1 : 0) + (spec.statistics ? 1 : 0);
  if (parts == 0) return true;
  // With fewer beside the sums ptxas 13.0 spills for sm_90a.
  constexpr int kOthers = 32;
  constexpr int kOfPart = 8;
  // A quarter of the registers serves a quarter of the warps, which get them in eights for a thread
  // (CUDA C++ Best Practices Guide, register allocation; Nsight Compute's occupancy calculator).
  constexpr int kQuarters = 4;
  constexpr int kUnit = 8;
  const int warps = groups(threads / microkernels::kWarp, kQuarters);
  const int registers = machine.registers / kQuarters / warps / microkernels::kWarp / kUnit * kUnit;
  return sums + kOthers + parts * kOfPart <= registers;
}

DeviceKernel device_kernel_of(const microkernels::DeviceCode& code, std::size_t operands) {
  DeviceLaunch launch{.entry = code.entry,
                      .grid = {code.blocks, 1, 1},
                      .block = {code.threads, 1, 1},
                      .shared_bytes = code.shared_bytes,
                      .arguments = {}};
  for (std::size_t i = 0; i < operands; ++i) {
    LaunchArgument argument{.index = static_cast<int>(i)};
    if (i < code.maps.size()) {
      argument.kind = LaunchArgumentKind::tensor_map;
      argument.bytes = kTensorMapBytes;
      argument.map = code.maps[i];
    }
    launch.arguments.push_back(std::move(argument));
  }
  return {.ptx = code.ptx, .launches = {launch}, .scratch_bytes = 0};
}

}  // namespace vitgen
