#pragma once
// Resampling of position tables by the exact rules of the libraries that models were trained with.

#include <cstdint>
#include <vector>

#include "generators/plan/tensor_functions.h"

namespace vitgen {

/// One axis as a dense matrix [to][from]: out[i] = sum_j matrix[i * from + j] in[j].
std::vector<double> resample_matrix(std::int64_t from, std::int64_t to, tensors::Resample mode);

/// Both axes of a table {from_h from_w, D}, in double, rounded once.
HostTensor resample_table(const HostTensor& table, std::int64_t from_h, std::int64_t from_w,
                          std::int64_t to_h, std::int64_t to_w, tensors::Resample mode);

}  // namespace vitgen
