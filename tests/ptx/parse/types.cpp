#include "tests/ptx/parse/types.h"

#include <array>
#include <utility>

namespace vitgen::ptx {

namespace {

struct Row {
  std::string_view word;
  Type type;
  std::uint32_t bytes;
};

constexpr std::array kRows = {
    Row{"b8", Type::b8, 1},         Row{"b16", Type::b16, 2},   Row{"b32", Type::b32, 4},
    Row{"b64", Type::b64, 8},       Row{"u8", Type::u8, 1},     Row{"u16", Type::u16, 2},
    Row{"u32", Type::u32, 4},       Row{"u64", Type::u64, 8},   Row{"s8", Type::s8, 1},
    Row{"s16", Type::s16, 2},       Row{"s32", Type::s32, 4},   Row{"s64", Type::s64, 8},
    Row{"f16", Type::f16, 2},       Row{"bf16", Type::bf16, 2}, Row{"f16x2", Type::f16x2, 4},
    Row{"bf16x2", Type::bf16x2, 4}, Row{"tf32", Type::tf32, 4}, Row{"f32", Type::f32, 4},
    Row{"f64", Type::f64, 8},       Row{"pred", Type::pred, 0},
};

}  // namespace

std::optional<Type> type_of(std::string_view word) {
  for (const Row& row : kRows) {
    if (row.word == word) return row.type;
  }
  return std::nullopt;
}

std::uint32_t size_of(Type type) {
  for (const Row& row : kRows) {
    if (row.type == type) return row.bytes;
  }
  return 0;
}

bool is_float(Type type) { return type >= Type::f16 && type <= Type::f64; }

}  // namespace vitgen::ptx
