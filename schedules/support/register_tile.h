#pragma once
// A tile of sums that stay in vector registers while a product's terms are added.

#include "schedules/machine.h"

namespace vitgen {

/// Registers of rows x vectors sums, of as many vectors of weights as are held at once, and of one
/// broadcast of the other factor. One vector of weights is the least: the others are then read
/// where they are used.
constexpr int tile_registers(int rows, int vectors, int held_weights = 1) {
  return rows * vectors + held_weights + 1;
}

/// Sums that a CPU can have under way at once: with fewer its FMA units wait.
constexpr int sums_under_way(const Machine& machine) {
  return machine.fma_latency * machine.fmas_per_cycle;
}

}  // namespace vitgen
