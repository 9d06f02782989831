#pragma once
// The product of tensor_product.h by wgmma of sm_90a, with factors that bulk tensor copies bring.
//
// for tile of block_m rows x block_n columns         a block takes several, a grid apart: columns
//                                                    of a row first, so all blocks at work read
//                                                    few rows of x, and weights that are in L2
//   for 64 terms                                     a stage of a ring in shared memory
//     one thread of those that do not multiply       cp.async.bulk.tensor, as soon as it is empty
//     a warpgroup for 64 rows, as soon as it is full 64 x block_n sums in registers; four
//                                                    wgmma.m64nNk16, which end while those of the
//                                                    next terms are begun; then it is empty
//   epilogue, stores of 16 bytes                     from registers; stages of the next tile are
//                                                    being filled meanwhile
// Nobody waits for all threads: a stage has a barrier that ends when its bytes have come, and one
// that ends when all warps have multiplied it. Beside one or two warpgroups there is a warp that
// copies; beside three a fourth one, which gives them most of its registers.
//
// Bound: for 64 terms a tile takes block_m block_n / 32 cycles of the tensor cores (2,048 products
// a cycle) and 128 (block_m + block_n) bytes from L2 (38 a cycle, schedules/machines/cuda_sm90.h).
// So the tensor cores bound 192 x 256, by 1.8 %, and L2 all others, 128 x 256 by 26 %. What
// warpgroup_product.h spends besides is gone: addresses and copies of each thread (12 of 16 bytes
// in a step of 128 x 256), the guards of the edges, which the tensor map has, and the barrier of
// all threads in each step.

#include <array>

#include "schedules/microkernels/tensor_product.h"

namespace vitgen::microkernels {

struct BulkTile {
  int block_m = 128;  ///< 64, 128 or 192
  int block_n = 256;  ///< a multiple of 32 up to 256
  int stages = 4;
  int blocks = 1;  ///< that share a multiprocessor
};

/// From the most reuse of what is read to the most blocks. A width of 192 is for layers whose
/// columns are multiples of that: 384 are one and a half times 256.
inline constexpr std::array<BulkTile, 8> kBulkTiles = {{
    {192, 256, 4, 1},
    {192, 192, 4, 1},
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
int registers_of(const BulkTile& tile);  ///< of a thread at launch
int sums_of(const BulkTile& tile);       ///< in the registers of a thread that multiplies
/// That a thread which multiplies gets beyond those at launch.
int moved_registers(const BulkTile& tile);

/// Whether the layer's rows lie as tensor maps want it: columns in whole chunks.
bool has_bulk_product(const TensorProduct& product);

/// Parameters: maps of x and w, then what TensorProduct says. As many blocks as `multiprocessors`
/// hold at once, or fewer where there are fewer tiles.
DeviceCode bulk_product(const TensorProduct& product, const BulkTile& tile, int multiprocessors);

}  // namespace vitgen::microkernels
