#pragma once
// out[b][i][h][d] = sum_j p[j] v[b][j][h][d] / sum_j p[j], p[j] = 2^(factor (s[j] - max_j s[j])),
// s[j] = sum_d q[b][i][h][d] k[b][j][h][d]: 16-bit q, k, v and p, all else f32, on tensor cores.
//
// for block of an image, a head and 16 warps queries     q in registers
//   for block_keys keys                                  k, v in shared memory, the next on the way
//     for warp of 16 queries
//       scores                                           registers, mma.m16n8k16
//       maximum so far; what there is scaled to it
//       p, its sum; p as left factor, times v            sums of out in registers
//   out / sum of p
// (Milakov and Gimelshein 2018, online softmax; Dao 2023, FlashAttention-2.) Scores never leave the
// registers. p is rounded to the element for its product with v, its sum is of f32.
// Bound: the tensor cores and, as long, the exponentials: 16 a cycle and multiprocessor.

#include "schedules/microkernels/device_code.h"

namespace vitgen::microkernels {

/// Parameters of the kernel: qkv {3 heads head_size, tokens, batch}, a row is q, k, v, each by
/// heads; out {head_size, heads, tokens, batch}.
struct TensorAttention {
  int batch = 1;
  int tokens = 197;
  int heads = 12;
  int head_size = 64;  ///< a multiple of 8 up to 128
  Element element = Element::f16;
  float factor = 0.18f;  ///< of a score, which makes it an exponent of two; above 0
};

struct AttentionTile {
  int warps = 4;
  int block_keys = 64;  ///< a multiple of 16
  int blocks = 2;       ///< that share a multiprocessor
};

bool is_legal(const AttentionTile& tile);
int threads_of(const AttentionTile& tile);
int shared_bytes(const TensorAttention& attention, const AttentionTile& tile);

DeviceCode tensor_attention(const TensorAttention& attention, const AttentionTile& tile);

}  // namespace vitgen::microkernels
