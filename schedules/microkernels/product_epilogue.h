#pragma once
// From sums in registers to the output in memory.

#include <array>

#include "schedules/microkernels/float_code.h"
#include "schedules/microkernels/tensor_product.h"
#include "schedules/microkernels/warp_maps.h"

namespace vitgen::microkernels {

/// Eight neighbouring columns of one row.
using SumsOfRow = std::array<llvm::Value*, kChunk>;

class ProductEpilogue {
 public:
  ProductEpilogue(KernelCode& code, FloatCode& floats, const TensorProduct& product);

  /// Number of the kernel's parameters.
  static int parameters(const TensorProduct& product);

  /// Finishes and stores a warp's `rows` x `columns` sums from `first` on: products of 16 x 8, row
  /// by row, made with a right factor that is shuffled as output_column says.
  void store(const Place<Index>& first, int rows, int columns, const KernelCode::Values& sums);

 private:
  /// The bias of eight columns from `column` on, a multiple of 8; zeros without one.
  SumsOfRow bias_of(Index column);
  /// Eight columns; those outside of the output are left out.
  void store_row(Index row, Index column, const SumsOfRow& sums, const SumsOfRow& bias);
  void store_chunk(Index row, Index column, SumsOfRow values);
  void store_elements(Index row, Index column, const SumsOfRow& values);
  llvm::Value* address(int parameter, Index row, Index column, int bytes);
  void store_f32(llvm::Value* where, const SumsOfRow& values);

  KernelCode& code_;
  FloatCode& floats_;
  llvm::IRBuilder<>& ir_;
  TensorProduct product_;
  bool whole_chunks_;
};

}  // namespace vitgen::microkernels
