// The maps of lanes to elements against what the PTX ISA (8.5, 9.7.14.5) says of ldmatrix and of
// mma.m16n8k16, and the banks of shared memory that a warp touches at once.

#include "schedules/microkernels/warp_maps.h"

#include <gtest/gtest.h>

#include <set>

#include "schedules/microkernels/row_copy.h"

namespace vitgen::microkernels {
namespace {

// Fragments of 16-bit factors and f32 sums as the ISA has them: element `i` of a lane.
Place<int> left_of_isa(int lane, int i) {
  const bool upper = i < 2 || (4 <= i && i < 6);
  return {upper ? lane / 4 : lane / 4 + 8, lane % 4 * 2 + (i & 1) + (i < 4 ? 0 : 8)};
}
Place<int> right_of_isa(int lane, int i) {  // row: the term; column: of the product
  return {lane % 4 * 2 + (i & 1) + (i < 2 ? 0 : 8), lane / 4};
}
Place<int> sum_of_isa(int lane, int i) {
  return {i < 2 ? lane / 4 : lane / 4 + 8, lane % 4 * 2 + (i & 1)};
}

// ldmatrix.x4 puts into register m of a lane two elements of matrix m, whose rows are at the
// addresses that lanes 8 m to 8 m + 7 give.
struct Loaded {
  int row_lane;  ///< that addresses the element's row
  int element;   ///< in the row
};
Loaded loaded(int lane, int matrix, int half) {
  return {8 * matrix + lane / 4, lane % 4 * 2 + half};
}
Loaded loaded_transposed(int lane, int matrix, int half) {
  return {8 * matrix + lane % 4 * 2 + half, lane / 4};
}

template <class Chunk>
Place<int> element(const Loaded& from, const Chunk& chunk) {
  const Place<int> place = chunk(from.row_lane);
  return {place.row, place.column * kChunk + from.element};
}

void expect_equal(const Place<int>& place, const Place<int>& want) {
  EXPECT_EQ(place.row, want.row);
  EXPECT_EQ(place.column, want.column);
}

TEST(WarpMaps, LeftFactorsArriveInTheRegistersOfTheProduct) {
  for (int lane = 0; lane < kWarp; ++lane) {
    for (int i = 0; i < 8; ++i) {
      expect_equal(element(loaded(lane, i / 2, i % 2), left_chunk<int>), left_of_isa(lane, i));
    }
  }
}

TEST(WarpMaps, RightFactorsOfTwoProductsArriveInTheirRegisters) {
  for (int lane = 0; lane < kWarp; ++lane) {
    for (int i = 0; i < 8; ++i) {
      const Place<int> want = right_of_isa(lane, i % 4);
      expect_equal(element(loaded(lane, i / 2, i % 2), right_chunk<int>),
                   {i / 4 * kProductColumns + want.column, want.row});
      expect_equal(element(loaded_transposed(lane, i / 2, i % 2), transposed_right_chunk<int>),
                   {want.row, i / 4 * kProductColumns + want.column});
    }
  }
}

TEST(WarpMaps, SumsAreWhereTheIsaSays) {
  for (int lane = 0; lane < kWarp; ++lane) {
    for (int i = 0; i < 4; ++i) expect_equal(sum_place(lane, i), sum_of_isa(lane, i));
  }
}

// Sums of 16 x 16 scores are, rounded, the registers of a left factor of 16 terms.
TEST(WarpMaps, SumsOfTwoProductsAreALeftFactor) {
  for (int lane = 0; lane < kWarp; ++lane) {
    for (int i = 0; i < 8; ++i) {
      const Place<int> sum = sum_of_isa(lane, i % 4);
      expect_equal({sum.row, i / 4 * kProductColumns + sum.column}, left_of_isa(lane, i));
    }
  }
}

TEST(WarpMaps, ALaneOfFourProductsHoldsEightNeighbouringColumns) {
  for (int lane = 0; lane < kWarp; ++lane) {
    for (int e = 0; e < kChunk; ++e) {
      const int row_of_tile = e / 2 * kProductColumns + sum_of_isa(lane, e % 2).column;
      EXPECT_EQ(output_column(row_of_tile), lane % 4 * kChunk + e);
      EXPECT_EQ(output_column(96 + row_of_tile), 96 + lane % 4 * kChunk + e);
    }
  }
}

// Shared memory serves 32 banks of 4 bytes in one pass: eight chunks of 16 bytes.
int banks_of(const std::set<int>& chunks) {
  std::set<int> banks;
  for (const int chunk : chunks) banks.insert(chunk % 8);
  return static_cast<int>(banks.size());
}

class SharedChunks : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(ChunksOfARow, SharedChunks, ::testing::Values(4, 8));

TEST_P(SharedChunks, AreDistinct) {
  std::set<int> places;
  for (int row = 0; row < 64; ++row) {
    for (int chunk = 0; chunk < GetParam(); ++chunk) {
      places.insert(shared_chunk(row, chunk, GetParam()));
    }
  }
  EXPECT_EQ(places.size(), 64u * static_cast<unsigned>(GetParam()));
  EXPECT_EQ(*places.rbegin(), 64 * GetParam() - 1);
}

TEST_P(SharedChunks, OfAMatrixLieInDifferentBanks) {
  for (int first_row = 0; first_row < 64; first_row += kMatrixRows) {
    for (int column = 0; column < GetParam(); ++column) {
      std::set<int> matrix;
      for (int row = 0; row < kMatrixRows; ++row) {
        matrix.insert(shared_chunk(first_row + row, column, GetParam()));
      }
      EXPECT_EQ(banks_of(matrix), 8);
    }
  }
}

TEST_P(SharedChunks, OfEightThreadsThatCopyLieInDifferentBanks) {
  for (int thread = 0; thread < 256; thread += 8) {
    std::set<int> copied;
    for (int t = thread; t < thread + 8; ++t) {
      copied.insert(shared_chunk(t / GetParam(), t % GetParam(), GetParam()));
    }
    EXPECT_EQ(banks_of(copied), 8);
  }
}

// Rows of a head in shared memory are an odd number of chunks apart.
TEST(SharedRows, OfAMatrixLieInDifferentBanks) {
  for (int head_size = 8; head_size <= 128; head_size += 8) {
    EXPECT_GE(chunks_of_head(head_size) * kChunk, head_size);
    EXPECT_EQ(chunks_of_head(head_size) % 2, 0) << "steps of 16 terms";
    std::set<int> matrix;
    for (int row = 0; row < kMatrixRows; ++row) {
      matrix.insert(row * shared_row_chunks(head_size));
    }
    EXPECT_EQ(banks_of(matrix), 8) << head_size;
  }
}

}  // namespace
}  // namespace vitgen::microkernels
