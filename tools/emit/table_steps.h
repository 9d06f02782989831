#pragma once
// The part of a library's table that says what runs: kernels, buckets, steps, operands.

#include <algorithm>

#include "generators/base/error.h"
#include "runtime/table.h"
#include "tools/emit/constant_data.h"
#include "tools/emit/library.h"

namespace vitgen {

/// Where the arrays of structs lie in the data, and how many there are of each.
struct TableSteps {
  std::uint64_t buckets = 0;
  std::uint64_t steps = 0;
  std::uint64_t operands = 0;
  std::size_t step_count = 0;
  std::size_t operand_count = 0;
};

/// The array of vitgen_kernel, with pointers to the kernels' symbols.
std::uint64_t put_kernels(const LibraryRequest& request, ConstantData& data);

TableSteps put_steps(const LibraryRequest& request, ConstantData& data);

/// Writes `dims` and `extents` of a struct; what is not used stays 0.
template <class T>
void set_extents(Row<T> row, const std::vector<int>& list) {
  std::int32_t extents[VITGEN_MAX_DIMS] = {};
  if (list.size() > VITGEN_MAX_DIMS) {
    throw Error(ExitCode::internal, "LIBRARY_REQUEST", "too many dimensions for the table");
  }
  std::copy(list.begin(), list.end(), extents);
  row.set(&T::dims, static_cast<std::uint8_t>(list.size())).set_array(&T::extents, extents);
}

}  // namespace vitgen
