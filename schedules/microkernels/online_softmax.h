#pragma once
// Softmax of rows that come in blocks of columns (Milakov and Gimelshein 2018): p is taken about
// the maximum so far, and what was summed before is scaled to each new one.

#include <array>
#include <vector>

#include "schedules/microkernels/float_code.h"

namespace vitgen::microkernels {

using ProductSums = std::array<llvm::Value*, 4>;  ///< of a lane, in rows lane / 4 and 8 below
inline constexpr int kRowsOfLane = 2;

/// What a lane keeps from one block to the next.
struct RunningSoftmax {
  std::array<llvm::Value*, kRowsOfLane> maximum;
  std::array<llvm::Value*, kRowsOfLane> sum;  ///< of p, in the lane's columns only
  std::vector<ProductSums> out;               ///< sums of p times something

  KernelCode::Values values() const;
  static RunningSoftmax from(const KernelCode::Values& values);
};

class OnlineSoftmax {
 public:
  /// p = 2^(factor (score - maximum)), factor above 0.
  OnlineSoftmax(KernelCode& code, FloatCode& floats, float factor)
      : code_(code), floats_(floats), ir_(code.ir()), factor_(factor) {}

  RunningSoftmax start(int products);
  /// The scores, of products side by side, become p.
  void weigh(std::vector<ProductSums>& scores, RunningSoftmax& running);
  /// 1 / sum of p of a row.
  llvm::Value* inverse_sum(const RunningSoftmax& running, std::size_t row);

 private:
  void weigh_row(std::vector<ProductSums>& scores, RunningSoftmax& running, std::size_t row);

  KernelCode& code_;
  FloatCode& floats_;
  llvm::IRBuilder<>& ir_;
  float factor_;
};

}  // namespace vitgen::microkernels
