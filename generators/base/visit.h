#pragma once
// One `visit` per value type gives its text form, its parser, its hash and its enumeration.
//
//   struct Tile { int m_r = 6; template <class V> void visit(V& v) { v("m_r", m_r); } };
//   to_text(Tile{})        -> "m_r=6"
//   from_text<Tile>("m_r=8")
//
// An enum takes part by a free function `enum_names(E)` that returns its words in order.

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "generators/base/error.h"

namespace vitgen {

/// Named values in the order of `visit`; the common text form of specs, knobs and records.
struct Fields {
  std::vector<std::pair<std::string, std::string>> values;

  /// "a=1,b=gelu"; the empty list gives "".
  std::string text() const;
  /// Inverse of text(). Throws USAGE-class errors with code FIELDS_SYNTAX.
  static Fields parse(std::string_view text);
  const std::string* find(std::string_view key) const;
  bool operator==(const Fields&) const = default;
};

/// Shortest decimal that reads back as the same float.
std::string float_text(float value);
float parse_float(std::string_view text, std::string_view key);
std::int64_t parse_int(std::string_view text, std::string_view key);
[[noreturn]] void bad_field(std::string_view key, std::string_view value, std::string_view wanted);

template <class E>
std::string_view enum_text(E value) {
  return enum_names(E{})[static_cast<std::size_t>(value)];
}

template <class E>
E parse_enum(std::string_view text, std::string_view key) {
  const auto names = enum_names(E{});
  std::string wanted;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return static_cast<E>(i);
    wanted += (i ? ", " : "one of ") + std::string(names[i]);
  }
  bad_field(key, text, wanted);
}

/// Visitor that writes fields.
class FieldWriter {
 public:
  template <class T>
  void operator()(std::string_view key, const T& value) {
    std::string text;
    if constexpr (std::is_same_v<T, bool>) {
      text = value ? "1" : "0";
    } else if constexpr (std::is_enum_v<T>) {
      text = enum_text(value);
    } else if constexpr (std::is_floating_point_v<T>) {
      text = float_text(value);
    } else if constexpr (std::is_integral_v<T>) {
      text = std::to_string(value);
    } else {
      text = value;
    }
    fields.values.emplace_back(key, std::move(text));
  }
  /// A field that is not written where its value is `absent`.
  template <class T>
  void optional(std::string_view key, const T& value, const T& absent) {
    if (value != absent) (*this)(key, value);
  }
  Fields fields;
};

/// Visitor that reads fields; every field must be there but the optional ones, and no other.
class FieldReader {
 public:
  explicit FieldReader(const Fields& fields) : fields_(fields) {}

  template <class T>
  void operator()(std::string_view key, T& value) {
    const std::string* text = fields_.find(key);
    if (!text) bad_field(key, "", "a value");
    ++used_;
    if constexpr (std::is_same_v<T, bool>) {
      value = parse_int(*text, key) != 0;
    } else if constexpr (std::is_enum_v<T>) {
      value = parse_enum<T>(*text, key);
    } else if constexpr (std::is_floating_point_v<T>) {
      value = parse_float(*text, key);
    } else if constexpr (std::is_integral_v<T>) {
      const std::int64_t number = parse_int(*text, key);
      if (!std::in_range<T>(number)) bad_field(key, *text, "a smaller number");
      value = static_cast<T>(number);
    } else {
      value = *text;
    }
  }
  /// A field that is `absent` where it is not given.
  template <class T>
  void optional(std::string_view key, T& value, const T& absent) {
    if (fields_.find(key)) {
      (*this)(key, value);
    } else {
      value = absent;
    }
  }
  /// Throws if a field was given that `visit` does not know.
  void finish() const;

 private:
  const Fields& fields_;
  std::size_t used_ = 0;
};

template <class T>
Fields to_fields(const T& value) {
  FieldWriter writer;
  const_cast<T&>(value).visit(writer);  // the writer only reads
  return std::move(writer.fields);
}

template <class T>
T from_fields(const Fields& fields) {
  T value{};
  FieldReader reader(fields);
  value.visit(reader);
  reader.finish();
  return value;
}

template <class T>
std::string to_text(const T& value) {
  return to_fields(value).text();
}

template <class T>
T from_text(std::string_view text) {
  return from_fields<T>(Fields::parse(text));
}

}  // namespace vitgen
