#include "schedules/cuda/attention_tensor.h"

#include "schedules/rule.h"
#include "schedules/support/tensor_cores.h"

namespace vitgen {

using microkernels::AttentionTile;

namespace {

constexpr int kMaxHead = 128;  ///< whose sums, queries and scores of 32 keys fit in registers

std::optional<microkernels::TensorAttention> tensor_attention_of(const AttentionSpec& spec) {
  const auto element = tensor_element(spec.storage);
  const bool chunks = spec.head_size % microkernels::kChunk == 0 && spec.head_size <= kMaxHead;
  if (!element || !chunks || !(key_factor(spec) > 0)) return std::nullopt;
  return microkernels::TensorAttention{.batch = spec.batch,
                                       .tokens = spec.tokens,
                                       .heads = spec.heads,
                                       .head_size = spec.head_size,
                                       .element = *element,
                                       .factor = key_factor(spec)};
}

/// Of a thread: out, queries and scores, the last also rounded in pairs, and others.
int registers(int head_size, int block_keys) {
  constexpr int kOthers = 40;
  return head_size / 2 + head_size / 4 + block_keys / 2 + block_keys / 4 + kOthers;
}

bool fits(const microkernels::TensorAttention& attention, const Machine& machine,
          const AttentionTile& tile) {
  return is_legal(tile) &&
         fits_multiprocessor(machine, tile.blocks, threads_of(tile), shared_bytes(attention, tile),
                             registers(attention.head_size, tile.block_keys));
}

std::vector<AttentionTile> tiles_for(const AttentionSpec& spec, const Machine& machine) {
  std::vector<AttentionTile> tiles;
  const auto attention = tensor_attention_of(spec);
  if (machine.tensor_products == 0 || !attention) return tiles;
  for (const int warps : {4, 2, 1}) {
    for (const int block_keys : {64, 32}) {
      AttentionTile tile{.warps = warps, .block_keys = block_keys, .blocks = 12 / warps};
      while (tile.blocks > 1 && !fits(*attention, machine, tile)) --tile.blocks;
      if (fits(*attention, machine, tile)) tiles.push_back(tile);
    }
  }
  return tiles;
}

int blocks(const AttentionSpec& spec, const AttentionTile& tile) {
  const int queries = threads_of(tile) / 2;
  return (spec.tokens + queries - 1) / queries * spec.heads * spec.batch;
}

}  // namespace

std::optional<CudaAttentionTensor::Knobs> CudaAttentionTensor::defaults(const AttentionSpec& spec,
                                                                        const Machine& machine) {
  std::optional<Knobs> best;
  // The most queries that read the same keys, as long as each multiprocessor has a block.
  for (const AttentionTile& tile : tiles_for(spec, machine)) {
    if (best && tile.warps == best->tile.warps) continue;
    if (best && blocks(spec, best->tile) >= machine.multiprocessors) break;
    best = Knobs{tile};
  }
  return best;
}

std::vector<CudaAttentionTensor::Knobs> CudaAttentionTensor::space(const AttentionSpec& spec,
                                                                   const Machine& machine) {
  std::vector<Knobs> space;
  for (const AttentionTile& tile : tiles_for(spec, machine)) space.push_back({tile});
  return space;
}

DeviceKernel CudaAttentionTensor::device_kernel(const AttentionSpec& spec, const Machine& machine,
                                                const Knobs& knobs) {
  const auto attention = tensor_attention_of(spec);
  require_knobs(attention && machine.tensor_products > 0,
                "16-bit storage, heads in whole chunks of 8 up to 128, scale above 0");
  require_knobs(fits(*attention, machine, knobs.tile),
                "keys in whole 16; blocks that fit on a multiprocessor");
  return device_kernel_of(tensor_attention(*attention, knobs.tile), operands(spec).size());
}

}  // namespace vitgen
