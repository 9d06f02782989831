#pragma once
// Option structs of callers that may be older or newer than this library.

#include <string.h>

#include "runtime/api.h"

namespace vitgen::rt {

enum OptionsCheck : uint8_t { kOptionsOk, kOptionsTooSmall, kOptionsUnknownField };

/// Copies the caller's struct into a zeroed one of ours. A longer struct is accepted if what we do
/// not know is zero; a null pointer means defaults.
template <class Options>
OptionsCheck options_copy(const Options* from, Options& to) {
  to = {};
  if (from == nullptr) return kOptionsOk;
  enum : uint32_t { kLargest = 4096 };  // larger: the field was not set
  const uint32_t bytes = from->struct_size;
  if (bytes < 2 * sizeof(uint32_t) || bytes > kLargest) return kOptionsTooSmall;
  const auto* tail = reinterpret_cast<const char*>(from);
  for (size_t i = sizeof to; i < bytes; ++i) {
    if (tail[i] != 0) return kOptionsUnknownField;
  }
  memcpy(&to, from, bytes < sizeof to ? bytes : sizeof to);
  return kOptionsOk;
}

}  // namespace vitgen::rt
