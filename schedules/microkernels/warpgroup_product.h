#pragma once
// The product of tensor_product.h by wgmma of sm_90a, which reads both factors from shared memory.
//
// for block of block_m rows x block_n columns        a warpgroup of 128 threads for each 64 rows
//   for 64 terms                                     a stage of a ring in shared memory: cp.async
//     64 x block_n sums of a warpgroup               registers; four wgmma.m64nNk16, which end
//                                                    while those of the next terms are begun
//   epilogue, stores of 16 bytes                     from registers
// Bound: the tensor cores at 128 x 256; reads from L2 where blocks are smaller. Blocks that share a
// multiprocessor, and warpgroups of a block, multiply while others wait.

#include <array>

#include "schedules/microkernels/tensor_product.h"

namespace vitgen::microkernels {

inline constexpr int kWarpgroupDepth = 64;  ///< terms of a stage: rows of 128 bytes

struct WarpgroupTile {
  int block_m = 128;  ///< a multiple of 64
  int block_n = 256;  ///< a multiple of 32 up to 256
  int stages = 4;     ///< three at least: one is read, one may still be, one is filled
  int blocks = 1;     ///< that share a multiprocessor
};

/// From the most reuse of what is read to the most blocks.
inline constexpr std::array<WarpgroupTile, 5> kWarpgroupTiles = {{
    {128, 256, 4, 1},
    {128, 128, 3, 2},
    {64, 128, 4, 2},
    {64, 64, 4, 3},
    {64, 32, 4, 4},
}};

bool is_legal(const WarpgroupTile& tile);
int threads_of(const WarpgroupTile& tile);
int shared_bytes(const WarpgroupTile& tile);
int registers_of(const WarpgroupTile& tile);  ///< of a thread
int sums_of(const WarpgroupTile& tile);       ///< of those
constexpr int moved_registers(const WarpgroupTile&) { return 0; }

DeviceCode warpgroup_product(const TensorProduct& product, const WarpgroupTile& tile);

}  // namespace vitgen::microkernels
