#pragma once

#include <string_view>
#include <vector>

namespace vitgen {

/// Memory order of one image: planes [channel][row][column] or pixels [row][column][channel].
enum class ImageLayout { chw, hwc };
inline std::vector<std::string_view> enum_names(ImageLayout) { return {"chw", "hwc"}; }

}  // namespace vitgen
