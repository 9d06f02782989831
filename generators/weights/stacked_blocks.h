#pragma once
// Blocks of a transformer that a file holds in one tensor for all, as flax's `nn.scan` leaves them:
// `Transformer/encoderblock/MlpBlock_0/Dense_0/kernel` of shape {depth, in, out}. They are shown as
// the tensors of one block each that files without a scan have,
// `Transformer/encoderblock_3/MlpBlock_0/Dense_0/kernel` of shape {in, out}: the same bytes by
// other names.

#include <cstdint>
#include <string_view>
#include <vector>

#include "generators/weights/tensor_info.h"

namespace vitgen {

/// `tensors` with every stack replaced by its parts, in their order. A tensor stays as it is if it
/// has no axis to be cut along, more than kMostStacked parts, or elements that are no whole bytes.
/// Throws NPZ_DUP if a part has the name of another tensor of `file`.
std::vector<TensorInfo> without_stacks(const std::vector<TensorInfo>& tensors,
                                       std::string_view file);

/// Far above the depth of any network, and what keeps a hostile file from making names without end.
inline constexpr std::int64_t kMostStacked = 1024;

}  // namespace vitgen
