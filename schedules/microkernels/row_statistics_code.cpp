#include "schedules/microkernels/row_statistics_code.h"

#include <llvm/IR/IntrinsicsNVPTX.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace vitgen::microkernels {

using llvm::Value;
namespace Intrinsic = llvm::Intrinsic;

namespace {

constexpr int kQuad = kWarp / kMatrixRows;  ///< lanes that hold a row
constexpr int kPairBytes = 8;               ///< of the statistics of a group

int groups_of(int columns) { return (columns + kColumnGroup - 1) / kColumnGroup; }
/// Columns of the last group.
int last_columns(int columns) { return columns - (groups_of(columns) - 1) * kColumnGroup; }

}  // namespace

Value* RowStatisticsCode::sum_of_quad(Value* value) {
  for (int mask = 1; mask < kQuad; mask *= 2) {
    value = ir_.CreateFAdd(value, code_.shuffle(value, mask));
  }
  return value;
}

Value* RowStatisticsCode::sum_of(const SumsOfRow& values) {
  SumsOfRow sums = values;
  for (std::size_t half = sums.size() / 2; half > 0; half /= 2) {
    for (std::size_t e = 0; e < half; ++e) sums[e] = ir_.CreateFAdd(sums[e], sums[e + half]);
  }
  return sums[0];
}

// Of equal numbers the mean must be that number, which a product with an inverse that is rounded
// misses.
Value* RowStatisticsCode::mean_of(Value* total, Value* is_whole, int tail) {
  Value* of_whole = ir_.CreateFMul(total, floats_.constant(1.0 / kColumnGroup));
  if (tail == kColumnGroup) return of_whole;
  Value* of_tail = std::has_single_bit(static_cast<unsigned>(tail))
                       ? ir_.CreateFMul(total, floats_.constant(1.0 / tail))
                       : ir_.CreateFDiv(total, floats_.constant(tail));
  return ir_.CreateSelect(is_whole, of_whole, of_tail);
}

std::array<Value*, 2> RowStatisticsCode::load(const StatisticsOf& matrix, Index row, Index group) {
  Value* start = code_.at_row(matrix.start, row, groups_of(matrix.columns) * kPairBytes);
  auto* pair = llvm::FixedVectorType::get(ir_.getFloatTy(), 2);
  Value* loaded = code_.load(pair, code_.at(start, group * kPairBytes), kPairBytes);
  return {ir_.CreateExtractElement(loaded, std::uint64_t{0}),
          ir_.CreateExtractElement(loaded, std::uint64_t{1})};
}

void RowStatisticsCode::add_group(const StatisticsOf& matrix, Index row, Index group, Value* shift,
                                  Value*& sum, Value*& squares) {
  const int last = groups_of(matrix.columns) - 1;
  const int tail = last_columns(matrix.columns);
  auto [total, deviations] = load(matrix, row, group.at_most(last));
  Value* is_whole = tail == kColumnGroup ? group.below(last + 1) : group.below(last);
  Value* is_there = group.below(last + 1);
  Value* count =
      ir_.CreateSelect(is_whole, floats_.constant(kColumnGroup),
                       ir_.CreateSelect(is_there, floats_.constant(tail), floats_.constant(0)));
  deviations = ir_.CreateSelect(is_there, deviations, floats_.constant(0));
  Value* distance = ir_.CreateFSub(mean_of(total, is_whole, tail), shift);
  Value* weighted = ir_.CreateFMul(distance, count);
  sum = ir_.CreateFAdd(sum, weighted);
  squares = ir_.CreateFAdd(squares, floats_.multiply_add(weighted, distance, deviations));
}

RowMoments RowStatisticsCode::moments_of(Value* shift, Value* sum, Value* squares, int columns,
                                         float eps) {
  Value* zero = floats_.constant(0);
  Value* moved = ir_.CreateFMul(sum, floats_.constant(1.0 / columns));
  Value* around_mean = floats_.multiply_add(ir_.CreateFNeg(sum), moved, squares);  // of all columns
  Value* is_constant = ir_.CreateFCmpOLE(around_mean, zero);                       // of a NaN false
  Value* variance = floats_.multiply_add(around_mean, floats_.constant(1.0 / columns),
                                         floats_.constant(static_cast<double>(eps)));
  Value* inv_std = code_.intrinsic(Intrinsic::nvvm_rcp_rn_f,
                                   {code_.intrinsic(Intrinsic::nvvm_sqrt_rn_f, {variance})});
  Value* largest = floats_.constant(static_cast<double>(std::numeric_limits<float>::max()));
  Value* nan = llvm::ConstantFP::getNaN(ir_.getFloatTy());
  inv_std = ir_.CreateSelect(ir_.CreateFCmpOLE(variance, largest), inv_std, nan);
  return {ir_.CreateFAdd(shift, moved), ir_.CreateSelect(is_constant, zero, inv_std)};
}

std::vector<RowMoments> RowStatisticsCode::moments(const StatisticsOf& matrix,
                                                   const std::vector<Index>& rows, float eps) {
  // Reads of 8 bytes that a lane has under way; their values take twice as many registers.
  constexpr int kReads = 16;
  const int row_count = static_cast<int>(rows.size());
  const int steps = (groups_of(matrix.columns) + kQuad - 1) / kQuad;
  const int at_once = std::max(1, kReads / row_count);
  const int rounds = (steps + at_once - 1) / at_once;
  const int steps_of_round = (steps + rounds - 1) / rounds;

  std::vector<Index> inside;
  KernelCode::Values shifts;
  const int first_columns = std::min(matrix.columns, kColumnGroup);
  for (const Index& row : rows) {
    inside.push_back(row.at_most(matrix.rows - 1));
    shifts.push_back(mean_of(load(matrix, inside.back(), code_.index(0))[0],
                             ir_.getInt1(first_columns == kColumnGroup), first_columns));
  }
  const Index lane = code_.thread() % kQuad;
  const KernelCode::Values zeros(2 * rows.size(), floats_.constant(0));
  KernelCode::Values sums =
      code_.loop(rounds, zeros, [&](Index round, const KernelCode::Values& before) {
        KernelCode::Values next = before;
        for (int step = 0; step < steps_of_round; ++step) {
          const Index group = (round * steps_of_round + step) * kQuad + lane;
          for (std::size_t r = 0; r < inside.size(); ++r) {
            add_group(matrix, inside[r], group, shifts[r], next[2 * r], next[2 * r + 1]);
          }
        }
        return next;
      });
  std::vector<RowMoments> found;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    found.push_back(moments_of(shifts[r], sum_of_quad(sums[2 * r]), sum_of_quad(sums[2 * r + 1]),
                               matrix.columns, eps));
  }
  return found;
}

void RowStatisticsCode::store(const StatisticsOf& matrix, Index row, Index column,
                              const SumsOfRow& values) {
  const int tail = last_columns(matrix.columns);
  const auto inside = [&](const SumsOfRow& terms) {
    SumsOfRow kept = terms;
    if (tail == kColumnGroup) return kept;  // groups are whole
    for (int e = 0; e < kChunk; ++e) {
      Value*& term = kept[static_cast<std::size_t>(e)];
      term = ir_.CreateSelect((column + e).below(matrix.columns), term, floats_.constant(0));
    }
    return kept;
  };
  const Index group = column / kColumnGroup;
  Value* total = sum_of_quad(sum_of(inside(values)));
  Value* mean = mean_of(total, group.below(matrix.columns / kColumnGroup), tail);
  SumsOfRow squares;
  for (std::size_t e = 0; e < values.size(); ++e) {
    Value* centred = ir_.CreateFSub(values[e], mean);
    squares[e] = ir_.CreateFMul(centred, centred);
  }
  Value* deviations = sum_of_quad(sum_of(inside(squares)));
  Value* is_first_lane = (code_.thread() % kQuad).below(1);
  Value* is_there = ir_.CreateAnd(row.below(matrix.rows), column.below(matrix.columns));
  code_.when(ir_.CreateAnd(is_first_lane, is_there), [&] {
    auto* pair = llvm::FixedVectorType::get(ir_.getFloatTy(), 2);
    Value* both = ir_.CreateInsertElement(llvm::PoisonValue::get(pair), total, std::uint64_t{0});
    both = ir_.CreateInsertElement(both, deviations, std::uint64_t{1});
    Value* start = code_.at_row(matrix.start, row, groups_of(matrix.columns) * kPairBytes);
    code_.store(both, code_.at(start, group * kPairBytes), kPairBytes);
  });
}

}  // namespace vitgen::microkernels
