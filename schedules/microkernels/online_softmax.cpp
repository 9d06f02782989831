#include "schedules/microkernels/online_softmax.h"

#include <limits>

namespace vitgen::microkernels {

using llvm::Value;

namespace {

// By these the four lanes that hold a row differ.
constexpr std::array<int, 2> kLanesOfRow = {1, 2};

}  // namespace

KernelCode::Values RunningSoftmax::values() const {
  KernelCode::Values all(maximum.begin(), maximum.end());
  all.insert(all.end(), sum.begin(), sum.end());
  for (const ProductSums& each : out) all.insert(all.end(), each.begin(), each.end());
  return all;
}

RunningSoftmax RunningSoftmax::from(const KernelCode::Values& values) {
  RunningSoftmax running{{values[0], values[1]}, {values[2], values[3]}, {}};
  for (std::size_t i = 4; i < values.size(); i += 4) {
    running.out.push_back({values[i], values[i + 1], values[i + 2], values[i + 3]});
  }
  return running;
}

RunningSoftmax OnlineSoftmax::start(int products) {
  Value* zero = floats_.constant(0.0);
  Value* lowest = floats_.constant(-std::numeric_limits<double>::infinity());
  return {{lowest, lowest},
          {zero, zero},
          std::vector<ProductSums>(static_cast<std::size_t>(products),
                                   ProductSums{zero, zero, zero, zero})};
}

void OnlineSoftmax::weigh(std::vector<ProductSums>& scores, RunningSoftmax& running) {
  for (std::size_t row = 0; row < kRowsOfLane; ++row) weigh_row(scores, running, row);
}

void OnlineSoftmax::weigh_row(std::vector<ProductSums>& scores, RunningSoftmax& running,
                              std::size_t row) {
  Value* maximum = running.maximum[row];
  for (const ProductSums& each : scores) {
    maximum = floats_.greater(maximum, floats_.greater(each[2 * row], each[2 * row + 1]));
  }
  for (const int mask : kLanesOfRow) {
    maximum = floats_.greater(maximum, code_.shuffle(maximum, mask));
  }
  Value* factor = floats_.constant(factor_);
  Value* fall = ir_.CreateFSub(running.maximum[row], maximum);
  Value* scale = floats_.power_of_two(ir_.CreateFMul(fall, factor));
  Value* offset = ir_.CreateFNeg(ir_.CreateFMul(maximum, factor));
  Value* sum = ir_.CreateFMul(running.sum[row], scale);
  for (ProductSums& each : scores) {
    for (const std::size_t s : {2 * row, 2 * row + 1}) {
      each[s] = floats_.power_of_two(floats_.multiply_add(each[s], factor, offset));
      sum = ir_.CreateFAdd(sum, each[s]);
    }
  }
  for (ProductSums& each : running.out) {
    for (const std::size_t s : {2 * row, 2 * row + 1}) each[s] = ir_.CreateFMul(each[s], scale);
  }
  running.maximum[row] = maximum;
  running.sum[row] = sum;
}

Value* OnlineSoftmax::inverse_sum(const RunningSoftmax& running, std::size_t row) {
  Value* sum = running.sum[row];
  for (const int mask : kLanesOfRow) sum = ir_.CreateFAdd(sum, code_.shuffle(sum, mask));
  return floats_.reciprocal(sum);
}

}  // namespace vitgen::microkernels
