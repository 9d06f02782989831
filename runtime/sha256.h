#pragma once
// SHA-256 (FIPS 180-4), to compare a weights file with the hash it was generated with.

#include <stddef.h>
#include <stdint.h>

namespace vitgen::rt {

void sha256(const uint8_t* data, size_t bytes, uint8_t (&digest)[32]);

}  // namespace vitgen::rt
