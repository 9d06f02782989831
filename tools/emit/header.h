#pragma once
// NAME.h: runtime/api.h.in with the names, shapes and sizes of one library.

#include <string>

#include "tools/emit/library.h"
#include "tools/emit/weights_file.h"

namespace vitgen {

/// `abi_hash`: 64 hex digits.
std::string header_text(const LibraryRequest& request, const WeightsLayout& layout,
                        const std::string& abi_hash);

/// SHA-256 of everything that a program, the header, the code and the weights' layout must agree
/// about: the header's text, the steps and their memory, the kernels' and the runtime's bytes.
/// Not the weights' values and not the labels' texts.
std::string abi_hash(const LibraryRequest& request, const WeightsLayout& layout,
                     const std::vector<std::string_view>& code);

}  // namespace vitgen
