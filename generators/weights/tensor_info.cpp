#include "generators/weights/tensor_info.h"

#include <array>

namespace vitgen {
namespace {

struct StoredTypeRow {
  std::string_view name;
  unsigned bits;
};

// In the order of StoredType.
constexpr std::array<StoredTypeRow, 22> rows = {{
    {"BOOL", 8},        {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
    {"I8", 8},          {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
    {"F8_E5M2FNUZ", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},    {"BF16", 16},
    {"I32", 32},        {"U32", 32},    {"F32", 32},    {"C64", 64},    {"F64", 64},
    {"I64", 64},        {"U64", 64},
}};
static_assert(rows.size() == static_cast<std::size_t>(StoredType::u64) + 1);

const StoredTypeRow& row(StoredType dtype) { return rows[static_cast<std::size_t>(dtype)]; }

}  // namespace

std::string_view dtype_name(StoredType dtype) { return row(dtype).name; }

unsigned dtype_bits(StoredType dtype) { return row(dtype).bits; }

std::optional<StoredType> dtype_from_name(std::string_view name) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].name == name) return static_cast<StoredType>(i);
  }
  return std::nullopt;
}

bool is_weight_dtype(StoredType dtype) {
  return dtype == StoredType::f32 || dtype == StoredType::f16 || dtype == StoredType::bf16;
}

std::uint64_t element_count(const Shape& shape) {
  std::uint64_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::uint64_t>(size);
  return count;
}

std::string shape_text(const Shape& shape) {
  std::string text;
  for (const std::int64_t size : shape) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text.empty() ? "scalar" : text;
}

}  // namespace vitgen
