#pragma once
// The keys that transformers writes into a config.json.

#include <span>
#include <string_view>

namespace vitgen {

/// Those that are read, and those without a part in what the model computes.
std::span<const std::string_view> hf_keys();

}  // namespace vitgen
