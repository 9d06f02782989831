#pragma once
// What a weights file says about one tensor.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitgen {

/// The element types of the safetensors format. Only f32, f16 and bf16 can be read as weights; the
/// others may stand in a file beside them.
enum class StoredType : std::uint8_t {
  boolean,
  f4,
  f6_e2m3,
  f6_e3m2,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  f8_e8m0,
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  c64,
  f64,
  i64,
  u64,
};

/// Sizes from the outermost to the innermost axis, in elements.
using Shape = std::vector<std::int64_t>;

struct TensorInfo {
  std::string name;
  StoredType dtype = StoredType::f32;
  Shape shape;
  std::uint64_t begin = 0;  ///< byte range [begin, end) in the file that holds the tensor
  std::uint64_t end = 0;
  std::uint32_t file = 0;  ///< number of the shard; 0 when there is one file

  std::uint64_t byte_count() const { return end - begin; }
};

/// The name in the file format, such as `BF16`.
std::string_view dtype_name(StoredType dtype);
std::optional<StoredType> dtype_from_name(std::string_view name);
/// 4, 6, 8, 16, 32 or 64.
unsigned dtype_bits(StoredType dtype);
/// f32, f16, bf16.
bool is_weight_dtype(StoredType dtype);

/// Product of the sizes. Reading a file has checked that it fits; 1 for rank 0.
std::uint64_t element_count(const Shape& shape);

/// `2304x768`; `scalar` for rank 0.
std::string shape_text(const Shape& shape);

}  // namespace vitgen
