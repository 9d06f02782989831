#pragma once
// Which lane of a warp holds or addresses which element of a matrix, and where a tile's chunks of
// 16 bytes lie in shared memory. `I` is an int or an Index. Source: PTX ISA 8.5, 9.7.14.5.8
// (fragments of mma.m16n8k16) and 9.7.14.5.15 (ldmatrix).

#include "schedules/microkernels/device_code.h"

namespace vitgen::microkernels {

inline constexpr int kWarp = 32;
inline constexpr int kProductRows = 16;    ///< of one product of matrices, mma.m16n8k16
inline constexpr int kProductColumns = 8;  ///< of it
inline constexpr int kProductDepth = 16;   ///< terms that it adds to each sum
inline constexpr int kMatrixRows = 8;      ///< of each matrix of ldmatrix; a row is one chunk

/// Columns that are stored together: a chunk by each of the four lanes that hold a row.
inline constexpr int kColumnGroup = 4 * kChunk;

/// An element, or with `chunk` eight of them, of a tile.
template <class I>
struct Place {
  I row;
  I column;
};

/// The chunk whose address a lane gives, for the four matrices that are a 16 x 16 left factor.
template <class I>
Place<I> left_chunk(I lane) {
  return {lane % 16, lane / 16};
}

/// Likewise for two right factors of 8 columns, the rows of the tile, and 16 terms: two registers
/// for the first, two for the second.
template <class I>
Place<I> right_chunk(I lane) {
  return {lane % 8 + lane / 16 * 8, lane / 8 % 2};
}

/// Likewise, read transposed, for two right factors whose tile has a term per row: 16 rows and two
/// chunks of columns.
template <class I>
Place<I> transposed_right_chunk(I lane) {
  return {lane % 16, lane / 16};
}

/// The element of a 16 x 8 product that a lane holds as its sum `s` of four.
template <class I>
Place<I> sum_place(I lane, int s) {
  return {lane / 4 + s / 2 * 8, lane % 4 * 2 + s % 2};
}

/// The column of the output that row `row` of a tile of weights makes. Within 32 columns they are
/// so shuffled that the sums of a lane in four neighbouring products are eight neighbouring
/// columns, from 8 (lane % 4) on: one store of 16 bytes.
template <class I>
I output_column(I row) {
  return row / kColumnGroup * kColumnGroup + row % 8 / 2 * 8 + row / 8 % 4 * 2 + row % 2;
}

/// Where a chunk of a tile with 4 or 8 chunks a row lies, counted in chunks. ldmatrix reads eight
/// rows of one column at a time: by the exclusive or they lie in different banks (32 of 4 bytes).
/// With 8 chunks it is the 128-byte swizzle of wgmma.
template <class I>
I shared_chunk(I row, I chunk, int chunks) {
  const int rows_of_line = 8 / chunks;
  return row * chunks + (chunk ^ (row / rows_of_line % chunks));
}

}  // namespace vitgen::microkernels
