#pragma once
// Constant data with pointers, as the compiler would lay it out, built in memory.
//
// Field positions come from the structs' own member pointers, so the bytes agree with the runtime
// that was compiled from the same header. Bytes that no field covers stay 0.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace vitgen {

/// What a pointer points to: a place in the same data, or a symbol of another object.
struct PointerTarget {
  std::uint64_t offset = 0;
  std::string symbol;  ///< empty: `offset` in the data
};

struct PointerFixup {
  std::uint64_t at = 0;  ///< offset of the 8-byte pointer
  PointerTarget target;
};

template <class T>
class Row;

class ConstantData {
 public:
  /// `bytes` zero bytes at a multiple of `alignment`; returns their offset.
  std::uint64_t reserve(std::uint64_t bytes, std::uint64_t alignment);

  template <class T>
  std::uint64_t reserve_rows(std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    return reserve(sizeof(T) * count, alignof(T));
  }

  template <class T>
  std::uint64_t append(std::span<const T> values) {
    const std::uint64_t at = reserve_rows<T>(values.size());
    put(at, std::as_bytes(values));
    return at;
  }

  /// Offset of the zero-terminated text; equal texts share one place. Throws TEXT_NUL.
  PointerTarget text(std::string_view text);

  void put(std::uint64_t at, std::span<const std::byte> bytes);
  void point(std::uint64_t at, PointerTarget target);

  /// The row `index` of an array that starts at `array`.
  template <class T>
  Row<T> row(std::uint64_t array, std::size_t index = 0) {
    return {*this, array + index * sizeof(T)};
  }

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::vector<PointerFixup>& fixups() const { return fixups_; }

 private:
  std::vector<std::byte> bytes_;
  std::vector<PointerFixup> fixups_;
  std::map<std::string, std::uint64_t, std::less<>> texts_;
};

/// One struct inside a ConstantData, written field by field.
template <class T>
class Row {
 public:
  Row(ConstantData& data, std::uint64_t at) : data_(data), at_(at) {}

  template <class M>
  Row& set(M T::* field, const std::type_identity_t<M>& value) {
    static_assert(!std::is_pointer_v<M>, "pointers are set by point()");
    data_.put(at_ + position(field), std::as_bytes(std::span(&value, 1)));
    return *this;
  }

  /// An array field and anything with the same bytes.
  template <class M, class Bytes>
  Row& set_array(M T::* field, const Bytes& value) {
    static_assert(sizeof(M) == sizeof(Bytes) && std::is_trivially_copyable_v<Bytes>);
    data_.put(at_ + position(field), std::as_bytes(std::span(&value, 1)));
    return *this;
  }

  template <class M>
  Row& point(M T::* field, PointerTarget target) {
    static_assert(std::is_pointer_v<M> && sizeof(M) == 8);
    data_.point(at_ + position(field), std::move(target));
    return *this;
  }

 private:
  template <class M>
  static std::uint64_t position(M T::* field) {
    const T sample{};
    return static_cast<std::uint64_t>(reinterpret_cast<const std::byte*>(&(sample.*field)) -
                                      reinterpret_cast<const std::byte*>(&sample));
  }

  ConstantData& data_;
  std::uint64_t at_;
};

}  // namespace vitgen
