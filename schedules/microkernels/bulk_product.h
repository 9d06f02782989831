#pragma once
// The product of tensor_product.h by wgmma of sm_90a, with factors that bulk tensor copies bring.
//
// for tile of block_m rows x block_n columns         a block takes every so-manieth: columns of a
//                                                    row first, so that all blocks at work read few
//                                                    rows of x and the weights that are in L2
//   for 64 terms                                     a stage of a ring in shared memory
//     one thread of the last warp                    cp.async.bulk.tensor, as soon as it is empty
//     a warpgroup for 64 rows, as soon as it is full 64 x block_n sums in registers; four
//                                                    wgmma.m64nNk16, which end while those of the
//                                                    next terms are begun; then it is empty
//   epilogue, stores of 16 bytes                     from registers; stages of the next tile are
//                                                    being filled meanwhile
// Nobody waits for all threads: a stage has a barrier that ends when its bytes have come, and one
// that ends when all warps have multiplied it.
//
// Bound: the same reads from L2 as warpgroup_product.h. What that one spends besides is gone: each
// thread's addresses and copies (12 of 16 bytes in a step of 128 x 256), the guards of the edges,
// which the tensor map has, and the barrier of all threads in each step.

#include <array>

#include "schedules/microkernels/tensor_product.h"

namespace vitgen::microkernels {

struct BulkTile {
  int block_m = 128;  ///< a multiple of 64
  int block_n = 256;  ///< a multiple of 32 up to 256
  int stages = 4;
  int blocks = 1;  ///< that share a multiprocessor
};

/// From the most reuse of what is read to the most blocks. A width of 192 is for layers whose
/// columns are multiples of that: 384 are one and a half times 256.
inline constexpr std::array<BulkTile, 6> kBulkTiles = {{
    {128, 256, 4, 1},
    {128, 192, 5, 1},
    {128, 128, 3, 2},
    {64, 128, 4, 2},
    {64, 64, 4, 3},
    {64, 32, 4, 4},
}};

bool is_legal(const BulkTile& tile);
int threads_of(const BulkTile& tile);
int shared_bytes(const BulkTile& tile);
int sums_of(const BulkTile& tile);  ///< in the registers of a thread that multiplies

/// Whether the layer's rows lie as tensor maps want it: columns in whole chunks.
bool has_bulk_product(const TensorProduct& product);

/// Parameters: maps of x and w, then what TensorProduct says. As many blocks as `multiprocessors`
/// hold at once, or fewer where there are fewer tiles.
DeviceCode bulk_product(const TensorProduct& product, const BulkTile& tile, int multiprocessors);

}  // namespace vitgen::microkernels
