#pragma once
// Code that is put into an object file which only calls it.

#include <cstdint>
#include <string>
#include <string_view>

namespace vitgen {

/// No kernel of a vision transformer comes near; a larger object is not one of ours.
inline constexpr std::uint64_t kMaxObjectBytes = 64ull << 20;

/// The object with a new section of code that defines `symbol`, which the object needs. `entry` is
/// the symbol's offset in the code; the code must not need relocations. Throws OBJECT_CODE if the
/// object is not ELF for x86-64 or does not need the symbol.
std::string define_in_object(std::string_view object, std::string_view symbol,
                             std::string_view code, std::uint64_t entry, std::uint64_t alignment);

}  // namespace vitgen
