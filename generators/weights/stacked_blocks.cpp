#include "generators/weights/stacked_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "generators/base/error.h"

namespace vitgen {
namespace {

constexpr std::string_view kStack = "encoderblock/";

/// Where the number of the block belongs: behind "encoderblock", a whole part of the name.
std::size_t number_place(std::string_view name) {
  const std::size_t at = name.find(kStack);
  const bool whole = at == 0 || (at != std::string_view::npos && name[at - 1] == '/');
  return whole ? at + kStack.size() - 1 : std::string_view::npos;
}

bool is_stack(const TensorInfo& tensor) {
  return number_place(tensor.name) != std::string_view::npos && !tensor.shape.empty() &&
         tensor.shape[0] >= 1 && tensor.shape[0] <= kMostStacked &&
         dtype_bits(tensor.dtype) % 8 == 0;
}

TensorInfo part_of(const TensorInfo& stack, std::int64_t block) {
  TensorInfo part = stack;
  part.name.insert(number_place(stack.name), fmt::format("_{}", block));
  part.shape.erase(part.shape.begin());
  const std::uint64_t bytes = element_count(part.shape) * (dtype_bits(stack.dtype) / 8);
  part.begin = stack.begin + static_cast<std::uint64_t>(block) * bytes;
  part.end = part.begin + bytes;
  return part;
}

void refuse_two_of_a_name(const std::vector<TensorInfo>& tensors, std::string_view file) {
  std::set<std::string_view> names;
  for (const TensorInfo& tensor : tensors) {
    if (names.insert(tensor.name).second) continue;
    throw Error(ExitCode::bad_input, "NPZ_DUP",
                fmt::format("{}: '{}' stands both by itself and in a stack of all blocks",
                            printable(file, 300), printable(tensor.name)));
  }
}

}  // namespace

std::vector<TensorInfo> without_stacks(const std::vector<TensorInfo>& tensors,
                                       std::string_view file) {
  if (std::ranges::none_of(tensors, is_stack)) return tensors;
  std::vector<TensorInfo> out;
  out.reserve(tensors.size());
  for (const TensorInfo& tensor : tensors) {
    if (!is_stack(tensor)) {
      out.push_back(tensor);
      continue;
    }
    for (std::int64_t block = 0; block < tensor.shape[0]; ++block) {
      out.push_back(part_of(tensor, block));
    }
  }
  refuse_two_of_a_name(out, file);
  return out;
}

}  // namespace vitgen
