#pragma once
// out[i][j] = activation(sum_k x[i][k] w[j][k] + bias[j]) + residual[i][j]: 16-bit factors, f32
// sums, on tensor cores. `normalized`: of rows that a LayerNorm makes of x, by their statistics;
// and `statistics` of the rows of out (row_statistics_code.h).
//
// for block of block_m rows x block_n columns        a block of threads; columns of a row first
//   for block_k terms                                a stage of a ring in shared memory: cp.async
//     for warp of warp_m rows x warp_n columns       sums in registers
//       for 16 terms: mma.m16n8k16                   factors by ldmatrix
//   epilogue, stores of 16 bytes                     from registers
// Bound: the tensor cores where block_m and block_n are 128; reads from L2 where they are smaller.

#include <array>

#include "schedules/microkernels/activation.h"
#include "schedules/microkernels/device_code.h"

namespace vitgen::microkernels {

/// What is computed: x {k, rows}, w {k, n}, [bias {n}, f32], [sums over k of w {n}, f32],
/// [residual {n, rows}], [statistics of x {2, groups of k, rows}, f32], out {n, rows},
/// [statistics of out {2, groups of n, rows}, f32]: the parameters of the kernel in this order.
struct TensorProduct {
  int rows = 1;
  int k = 8;  ///< a multiple of 8: rows of x and w are whole chunks of 16 bytes
  int n = 1;
  Element element = Element::f16;  ///< of x, w and residual, and of out unless f32_output
  bool bias = false;
  DeviceActivation activation = DeviceActivation::none;
  bool residual = false;
  bool f32_output = false;
  bool normalized = false;
  float eps = 0;
  bool statistics = false;  ///< not with f32_output
};

struct TensorTile {
  int block_m = 128;
  int block_n = 128;
  int block_k = 32;
  int warps_m = 2;
  int warps_n = 2;
  int stages = 4;
  int blocks = 2;  ///< that share a multiprocessor
};

/// From the most reuse of what is read to the most blocks. Registers and shared memory of a
/// multiprocessor hold `blocks` of each: while one waits for a barrier, others compute.
inline constexpr std::array<TensorTile, 6> kTensorTiles = {{
    {128, 128, 32, 2, 2, 4, 2},
    {64, 128, 64, 2, 2, 3, 2},
    {64, 64, 64, 2, 2, 4, 2},
    {32, 64, 64, 2, 2, 4, 3},
    {32, 32, 64, 2, 1, 4, 4},
    {16, 32, 64, 1, 1, 4, 6},
}};

/// Whether there is code for the tile: a warp has whole products and whole groups of 32 columns,
/// and the threads divide the chunks of both factors. Says nothing of registers or shared memory.
bool is_legal(const TensorTile& tile);
int threads_of(const TensorTile& tile);
int shared_bytes(const TensorTile& tile);
int registers_of(const TensorTile& tile);  ///< of a thread
int sums_of(const TensorTile& tile);       ///< of those
constexpr int moved_registers(const TensorTile&) { return 0; }

DeviceCode tensor_product(const TensorProduct& product, const TensorTile& tile);

}  // namespace vitgen::microkernels
