#pragma once
// Statistics of rows and what is made of them in double, as
// generators/ops/support/row_statistics.h has them.

#include "generators/ops/support/row_statistics.h"
#include "tools/verify/reference/reference.h"

namespace vitgen {

struct ReferenceMoments {
  ReferenceValue mean;
  ReferenceValue inv_std;
};

/// Of a row of `columns`, from its statistics: operand number `statistics`.
ReferenceMoments reference_moments(const OperandData& data, std::size_t statistics,
                                   std::int64_t row, int columns, float eps);

/// Element `index` of the statistics of a matrix of `columns`: operand number `matrix`.
ReferenceValue reference_statistic(const OperandData& data, std::size_t matrix, int columns,
                                   std::int64_t index);

}  // namespace vitgen
