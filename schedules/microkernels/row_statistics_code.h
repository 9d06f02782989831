#pragma once
// Statistics of rows by groups of 32 columns, which the four lanes of a quad hold in a product's
// epilogue, and mean and deviation of whole rows from them. Of group g with n_g columns: the sum
// t_g and the sum of squared deviations from the group's own mean, s_g; of a row of n columns
//   c    = t_0 / n_0
//   S, Q = sum_g n_g (t_g / n_g - c), sum_g s_g + n_g (t_g / n_g - c)^2
//   mean = c + S / n
//   var  = max(0, Q - S^2 / n) / n
// in one reading, with which little cancels: n_0 (c - mean)^2 is at most n var, so that Q is at
// most 1 + n / n_0 times that.

#include <array>
#include <vector>

#include "schedules/microkernels/float_code.h"
#include "schedules/microkernels/warp_maps.h"

namespace vitgen::microkernels {

/// Eight neighbouring columns of one row.
using SumsOfRow = std::array<llvm::Value*, kChunk>;

/// A matrix that has statistics {2, groups of columns, rows}, f32.
struct StatisticsOf {
  llvm::Value* start = nullptr;
  int rows = 1;
  int columns = 1;
};

/// Mean of a row and 1 / sqrt(var + eps), which is NaN where that sum is infinite.
struct RowMoments {
  llvm::Value* mean = nullptr;
  llvm::Value* inv_std = nullptr;
};

class RowStatisticsCode {
 public:
  RowStatisticsCode(KernelCode& code, FloatCode& floats)
      : code_(code), floats_(floats), ir_(code.ir()) {}

  /// Of rows that a quad of lanes has in common; those past the edge have the last one's.
  std::vector<RowMoments> moments(const StatisticsOf& matrix, const std::vector<Index>& rows,
                                  float eps);

  /// Makes and stores the statistics of a group of a row: its lanes give the values of eight
  /// columns each from `column` on, those past the edge any.
  void store(const StatisticsOf& matrix, Index row, Index column, const SumsOfRow& values);

 private:
  /// t and s of a group.
  std::array<llvm::Value*, 2> load(const StatisticsOf& matrix, Index row, Index group);
  /// Adds a group to S and Q of a row, nothing where there is none of this number.
  void add_group(const StatisticsOf& matrix, Index row, Index group, llvm::Value* shift,
                 llvm::Value*& sum, llvm::Value*& squares);
  RowMoments moments_of(llvm::Value* shift, llvm::Value* sum, llvm::Value* squares, int columns,
                        float eps);
  /// Of a group of 32 columns, or of the last one, which has `tail`.
  llvm::Value* mean_of(llvm::Value* total, llvm::Value* is_whole, int tail);
  llvm::Value* sum_of_quad(llvm::Value* value);
  llvm::Value* sum_of(const SumsOfRow& values);

  KernelCode& code_;
  FloatCode& floats_;
  llvm::IRBuilder<>& ir_;
};

}  // namespace vitgen::microkernels
