#pragma once
// The fundamental types of PTX, and handlers chosen by them.

#include <cstdint>
#include <optional>
#include <string_view>

#include "tests/ptx/parse/program.h"

namespace vitgen::ptx {

enum class Type : std::uint8_t {
  b8,
  b16,
  b32,
  b64,
  u8,
  u16,
  u32,
  u64,
  s8,
  s16,
  s32,
  s64,
  f16,
  bf16,
  f16x2,
  bf16x2,
  tf32,
  f32,
  f64,
  pred,
};

/// "f32" without the dot.
std::optional<Type> type_of(std::string_view word);
/// Bytes in memory; 0 of a predicate.
std::uint32_t size_of(Type type);
bool is_float(Type type);

/// make<T>() for the C++ type that an integer or untyped value has; null for other types.
template <class F>
Execute with_integer(Type type, F make) {
  switch (type) {
    case Type::b16:
    case Type::u16:
      return make.template operator()<std::uint16_t>();
    case Type::b32:
    case Type::u32:
      return make.template operator()<std::uint32_t>();
    case Type::b64:
    case Type::u64:
      return make.template operator()<std::uint64_t>();
    case Type::s16:
      return make.template operator()<std::int16_t>();
    case Type::s32:
      return make.template operator()<std::int32_t>();
    case Type::s64:
      return make.template operator()<std::int64_t>();
    default:
      return nullptr;
  }
}

}  // namespace vitgen::ptx
