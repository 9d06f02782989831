#include "tools/tune/tile_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "generators/ops/attention.h"
#include "generators/ops/linear.h"
#include "generators/ops/patch_embed.h"
#include "generators/ops/relative_attention.h"
#include "generators/ops/token_mix.h"
#include "schedules/cpu/attention_small.h"
#include "schedules/cpu/linear_rows.h"
#include "schedules/support/elementwise.h"
#include "schedules/support/register_tile.h"
#include "tools/tune/device_tile_model.h"

namespace vitgen {

namespace {

// Of every core since 2013 that has AVX2 or AVX-512 with two units: two vector loads per cycle, 32
// bytes per cycle from L2 (64 nominal, half of it reached), four instructions per cycle (A. Fog,
// The microarchitecture of Intel, AMD and VIA CPUs).
constexpr double kLoadsPerCycle = 2;
constexpr double kL2BytesPerCycle = 32;
constexpr double kWidth = 4;
constexpr double kLoopInstructions = 3;  // two pointers and the branch

// A product that a rule computes in tiles of m_r rows and of as many columns as `knob` says.
struct TiledProduct {
  std::string_view knob;
  int rows = 0;   // of the dimension that m_r cuts
  int k = 0;      // terms of a sum
  int lanes = 1;  // columns in a vector
  int depth = 1;  // elements of a column, where each is a vector of images
};

std::vector<TiledProduct> products_of(const OpSpec& spec, const Machine& machine,
                                      std::string_view rule) {
  const int lanes = machine.lanes(DType::f32);
  if (spec.op == LinearSpec::op) {
    const auto typed = typed_spec<LinearSpec>(spec);
    const bool exact = rule == CpuLinearRows::name;
    return {{"n_r", typed.rows, typed.k, exact ? exact_lanes(typed.n, lanes) : lanes}};
  }
  if (spec.op == TokenMixSpec::op) {
    const auto typed = typed_spec<TokenMixSpec>(spec);
    return {{"n_c", typed.outputs, typed.tokens, exact_lanes(typed.width, lanes)}};
  }
  if (rule == CpuAttentionSmall::name) {
    const auto typed = typed_spec<AttentionSpec>(spec);
    return {{"n_keys", typed.tokens, typed.head_size, 1, lanes},
            {"n_out", typed.tokens, typed.tokens, 1, lanes}};
  }
  if (spec.op == PatchEmbedSpec::op) {
    const auto typed = typed_spec<PatchEmbedSpec>(spec);
    return {{"n_r", typed.grid_w(), typed.k(), lanes}};
  }
  if (spec.op == AttentionSpec::op || spec.op == RelativeAttentionSpec::op) {
    const AttentionSpec typed = spec.op == AttentionSpec::op
                                    ? typed_spec<AttentionSpec>(spec)
                                    : typed_spec<RelativeAttentionSpec>(spec).plain();
    return {{"n_keys", typed.tokens, typed.head_size, lanes},
            {"n_out", typed.tokens, typed.tokens, exact_lanes(typed.head_size, lanes)}};
  }
  return {};
}

int knob(const Fields& knobs, std::string_view name, int absent) {
  const std::string* text = knobs.find(name);
  return text == nullptr ? absent : static_cast<int>(parse_int(*text, name));
}

double padding_of(int rows, int m_r) {
  const int tiles = (rows + m_r - 1) / m_r;
  return static_cast<double>(tiles) * m_r / rows;
}

struct Tile {
  int m_r = 1;
  int vectors = 1;  // of columns
  int unroll = 1;
};

// Cycles per multiply-add of a vector: the slowest of the units, the sums' latency, the loads and
// the weights' way from L2 where a strip of them is larger than L1.
double cycles_of(const Tile& tile, const Machine& machine, double strip_bytes,
                 const CacheBytes& caches) {
  const double fmas = static_cast<double>(tile.m_r) * tile.vectors;
  const double loads = (tile.m_r + tile.vectors) / fmas;
  const bool from_l2 = caches.l1 > 0 && strip_bytes > static_cast<double>(caches.l1);
  const double weight_bytes = static_cast<double>(tile.vectors) * machine.vector_bytes;
  const double l2 = from_l2 ? weight_bytes / kL2BytesPerCycle / fmas : 0;
  const double loop = kLoopInstructions / kWidth / tile.unroll / fmas;
  const double units = 1.0 / machine.fmas_per_cycle;
  return std::max({units, machine.fma_latency / fmas, loads / kLoadsPerCycle, l2}) + loop;
}

}  // namespace

TileEstimate estimate_tile(const OpSpec& spec, const Machine& machine, const Choice& choice,
                           const CacheBytes& caches) {
  if (machine.kind == MachineKind::gpu) return estimate_device_tile(spec, machine, choice);
  const Fields& knobs = choice.knobs;
  TileEstimate estimate;
  const int m_r = knob(knobs, "m_r", 0);
  double cycles = 0;
  int tiles = 0;
  for (const TiledProduct& product : products_of(spec, machine, choice.rule)) {
    const int n = knob(knobs, product.knob, 0);
    if (m_r <= 0 || n <= 0) return {};
    const Tile tile{.m_r = m_r,
                    .vectors = std::max(1, (n + product.lanes - 1) / product.lanes),
                    .unroll = std::max(1, knob(knobs, "unroll_k", knob(knobs, "unroll_j", 1)))};
    const double fmas = static_cast<double>(m_r) * tile.vectors;
    const int k = knob(knobs, "k_c", product.k);
    const double strip = static_cast<double>(k) * n * product.depth * sizeof(float);
    estimate.padding = padding_of(product.rows, m_r);
    estimate.registers = std::max(estimate.registers, tile_registers(m_r, tile.vectors));
    estimate.loads = std::max(estimate.loads, (m_r + tile.vectors) / fmas);
    estimate.strip_bytes = std::max(estimate.strip_bytes, strip);
    cycles += cycles_of(tile, machine, strip, caches) * estimate.padding;
    ++tiles;
  }
  if (tiles == 0) return estimate;
  estimate.cycles = cycles / tiles;
  if (estimate.registers > machine.vector_registers) {
    estimate.reject = fmt::format("needs {} of {} vector registers", estimate.registers,
                                  machine.vector_registers);
  } else if (caches.l2 > 0 && estimate.strip_bytes > static_cast<double>(caches.l2)) {
    estimate.reject = fmt::format("a strip of weights of {:.0f} KB is larger than L2",
                                  estimate.strip_bytes / 1024);
  }
  return estimate;
}

}  // namespace vitgen
