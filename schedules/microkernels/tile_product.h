#pragma once
// c[i][j] = sum_k a[i][k] b[k][j]: bf16 factors, f32 sums, in tiles of 16 rows x 64 bytes.
//
// for 32 rows
//   for 32 columns                     2 x 2 tiles of sums (tiles 0-3), kept over all of k
//     for 32 channels                  2 tiles of a (4, 5), 2 of b (6, 7), 4 products
//   the last 16 columns                2 x 1 tiles
// the last rows, under a second tile configuration
// Bound: a product takes 16 cycles, a load 8: four loads for four products keep the tile unit busy.

#include <llvm/IR/Module.h>

#include <cstdint>
#include <string>

#include "schedules/microkernels/tile_unit.h"

namespace vitgen::microkernels {

/// What one call computes.
struct TileProduct {
  int rows = 16;
  int k = 32;        ///< a multiple of 32
  int columns = 16;  ///< a multiple of 16
};

/// Adds to `module`
///   void name(const void* a, const void* b, void* c, strides)
/// where strides are five i64 in bytes:
///   a_row   between rows of a; 32 channels of a row lie together
///   a_step  between groups of 32 channels of a
///   b_row   between pairs of channels of b; a pair holds both channels of column 0, then of 1
///
///   b_step  between groups of 16 pairs of b
///
///   c_row   between rows of c
llvm::Function* define_tile_product(llvm::Module& module, const std::string& name,
                                    const TileProduct& shape, TileUnit unit);

}  // namespace vitgen::microkernels
