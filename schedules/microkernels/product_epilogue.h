#pragma once
// From sums in registers to the output in memory.

#include "schedules/microkernels/row_statistics_code.h"
#include "schedules/microkernels/tensor_product.h"

namespace vitgen::microkernels {

class ProductEpilogue {
 public:
  ProductEpilogue(KernelCode& code, FloatCode& floats, const TensorProduct& product);

  /// Number of the kernel's parameters.
  static int parameters(const TensorProduct& product);

  /// Begins what does not depend on sums, for `rows` rows that a warp will store next: reads that
  /// can be under way while the first factors are copied. Without it `store` does so.
  void prepare(Index first_row, int rows);

  /// Finishes and stores a warp's `rows` x `columns` sums from `first` on: products of 16 x 8, row
  /// by row, made with a right factor that is shuffled as output_column says.
  void store(const Place<Index>& first, int rows, int columns, const KernelCode::Values& sums);

 private:
  /// Eight elements as they are in memory.
  using Pairs = std::array<llvm::Value*, kChunk / 2>;
  /// What the epilogue needs of eight columns.
  struct ColumnValues {
    SumsOfRow bias, sums;
  };

  /// A vector's elements from `column` on, a multiple of 8; those past the edge are others.
  SumsOfRow elements(int parameter, Index column);
  /// Rows of a lane.
  std::vector<Index> rows_from(Index first_row, int rows);
  /// Eight columns; those outside of the output are left out.
  void store_row(Index row, Index column, const SumsOfRow& sums, const ColumnValues& columns,
                 const RowMoments& moments);
  SumsOfRow finish(const SumsOfRow& sums, const ColumnValues& columns, const RowMoments& moments);
  void add_residual(SumsOfRow& values, Index row, Index column);
  Pairs packed(const SumsOfRow& values);
  void store_chunk(llvm::Value* where, const Pairs& elements);
  void store_f32(llvm::Value* where, const SumsOfRow& values);
  void store_elements(Index row, Index column, const SumsOfRow& values);
  void store_statistics(Index row, Index column, const Pairs& elements);
  llvm::Value* address(int parameter, Index row, Index column, int bytes);

  KernelCode& code_;
  FloatCode& floats_;
  llvm::IRBuilder<>& ir_;
  RowStatisticsCode statistics_;
  std::vector<RowMoments> moments_;  ///< of a lane's rows, in their order
  TensorProduct product_;
  bool whole_chunks_;
};

}  // namespace vitgen::microkernels
