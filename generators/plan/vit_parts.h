#pragma once
// The words in which hyper-parameters say how a vision transformer is put together.

#include <cstdint>
#include <string_view>
#include <vector>

namespace vitgen {

/// Order of a patch's pixels along the input axis of the file's patch weight: channel, row, column
/// (convolutions) or row, column, channel.
enum class PatchOrder : std::uint8_t { chw, hwc };
inline std::vector<std::string_view> enum_names(PatchOrder) { return {"chw", "hwc"}; }

/// Axes of a linear map's weight in the file: y = x W^T + b or y = x W + b.
enum class MatrixOrder : std::uint8_t { out_in, in_out };
inline std::vector<std::string_view> enum_names(MatrixOrder) { return {"out_in", "in_out"}; }

/// What is added to the projected patches.
enum class Positions : std::uint8_t {
  learned,   ///< a table of the file
  sinusoid,  ///< Vaswani et al. 2017, section 3.5, over all tokens; no tensor of the file
  /// He et al. 2022: sines and cosines of column and row, zeros for tokens that are no patch; no
  /// tensor of the file
  sincos_2d,
  none,  ///< nothing
};
inline std::vector<std::string_view> enum_names(Positions) {
  return {"learned", "sinusoid", "sincos_2d", "none"};
}

/// Which channels of a head are turned together, where q and k of the patches are turned by their
/// place (Su et al. 2021; Heo et al. 2024 for images).
enum class Rotary2d : std::uint8_t {
  none,
  halves,    ///< j and j + size / 2
  adjacent,  ///< 2 j and 2 j + 1
};
inline std::vector<std::string_view> enum_names(Rotary2d) { return {"none", "halves", "adjacent"}; }

/// What place i of n on an axis of the patch grid is called there.
enum class RotaryPlaces : std::uint8_t {
  centred,  ///< 2 pi (2 (i + 1/2) / n - 1): the image goes from -2 pi to 2 pi
  counted,  ///< i, or i r / n with a reference of r patches
};
inline std::vector<std::string_view> enum_names(RotaryPlaces) { return {"centred", "counted"}; }

/// Where a block's norms stand about f, its attention or MLP.
enum class NormPlacement : std::uint8_t {
  pre,       ///< x + f(norm(x))
  post,      ///< norm(x + f(x))
  res_post,  ///< x + norm(f(x))
};
inline std::vector<std::string_view> enum_names(NormPlacement) {
  return {"pre", "post", "res_post"};
}

/// How the file stores the maps to q, k and v.
enum class HeadWeights : std::uint8_t {
  joined,    ///< all heads in one tensor, head by head
  per_head,  ///< a tensor for each head, from all channels
  /// a tensor for each head, from the channels that have the head's place alone
  sliced,
};
inline std::vector<std::string_view> enum_names(HeadWeights) {
  return {"joined", "per_head", "sliced"};
}

/// Whether the first linear of an MLP makes twice as many channels, of which half are the gate of
/// the others, and how the file stores it.
enum class GateWeights : std::uint8_t {
  none,
  joined,  ///< in one tensor, the gate first
  split,   ///< in two
};
inline std::vector<std::string_view> enum_names(GateWeights) { return {"none", "joined", "split"}; }

/// Where the last LayerNorm stands: on all tokens, on the pooled vector, or nowhere.
enum class FinalNorm : std::uint8_t { before_pool, after_pool, none };
inline std::vector<std::string_view> enum_names(FinalNorm) {
  return {"before_pool", "after_pool", "none"};
}

}  // namespace vitgen
