#include "generators/weights/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "generators/base/error.h"
#include "generators/base/json.h"

namespace vitgen {
namespace {

// { tensor { "shape" [ ] } }
constexpr int deepest_nesting = 4;

/// What is wrong, until the source's name is put before it.
struct Problem {
  std::string code;
  std::string message;
};

enum Field : unsigned { field_dtype = 1, field_shape = 2, field_offsets = 4, all_fields = 7 };

Field field_of(std::string_view key) {
  if (key == "dtype") return field_dtype;
  if (key == "shape") return field_shape;
  return key == "data_offsets" ? field_offsets : all_fields;
}

std::string_view field_name(unsigned field) {
  if (field == field_dtype) return "dtype";
  return field == field_shape ? "shape" : "data_offsets";
}

/// A key that no path, terminal or identifier could misread.
bool is_safe_name(std::string_view name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return !name.empty() && name.size() <= SafetensorsLimits::name_bytes &&
         std::none_of(name.begin(), name.end(), is_control) && name.find('/') == name.npos &&
         name.find("..") == name.npos;
}

/// Follows the parser through the only shape a header can have; anything else is a problem that
/// stops it at once. Nothing is kept but the tensors and the metadata.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(std::string_view text) : text_(text) {}

  SafetensorsHeader header;
  std::optional<Problem> problem;

  bool null() override { return misplaced("null"); }
  bool boolean(bool) override { return misplaced("true or false"); }
  // Reached for numbers with a minus sign only, -0 among them.
  bool number_integer(number_integer_t value) override {
    return misplaced(value == 0 ? "-0" : std::to_string(value));
  }
  // Reached for fractions, exponents and integers beyond 64 bits.
  bool number_float(number_float_t, const string_t& token) override { return misplaced(token); }
  bool binary(binary_t&) override { return misplaced("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::shape) return add_size(value);
    if (place_ == Place::offsets) return add_offset(value);
    return misplaced(std::to_string(value));
  }

  bool string(string_t& value) override {
    if (place_ == Place::metadata) {
      header.metadata.emplace_back(std::move(key_), std::move(value));
      return true;
    }
    if (place_ != Place::tensor || field_ != field_dtype) return misplaced("a string");
    const auto dtype = dtype_from_name(value);
    if (!dtype) return fail("ST_DTYPE", fmt::format("unknown dtype \"{}\"", printable(value, 40)));
    tensor_.dtype = *dtype;
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::before) return enter(Place::top);
    if (place_ != Place::top) return misplaced("an object");
    if (key_ == "__metadata__") return start_metadata();
    return start_tensor();
  }

  bool key(string_t& value) override {
    key_ = std::move(value);
    return place_ != Place::tensor || start_field();
  }

  bool end_object() override {
    if (place_ == Place::metadata) return end_metadata();
    if (place_ == Place::tensor) return end_tensor();
    return enter(Place::after);
  }

  bool start_array(std::size_t) override {
    const bool expected = place_ == Place::tensor && field_ != field_dtype;
    if (!expected) return misplaced("an array");
    offset_count_ = 0;
    return enter(field_ == field_shape ? Place::shape : Place::offsets);
  }

  bool end_array() override {
    if (place_ == Place::offsets && offset_count_ != 2) {
      return fail("ST_OFFSETS", fmt::format("data_offsets has {} numbers, not 2", offset_count_));
    }
    return enter(Place::tensor);
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    problem = {"ST_JSON", "header: " + json_syntax_message(text_, position, error.what())};
    return false;
  }

 private:
  enum class Place { before, top, metadata, tensor, shape, offsets, after };

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  bool fail(std::string code, std::string message) {
    const bool inside =
        place_ == Place::tensor || place_ == Place::shape || place_ == Place::offsets;
    problem = {std::move(code), (inside ? printable(tensor_.name) + ": " : "") + message};
    return false;
  }

  bool misplaced(std::string_view what) {
    const std::string shown = printable(what, 40);
    switch (place_) {
      case Place::before:
      case Place::after:
        return fail("ST_JSON", fmt::format("header: expected an object, got {}", shown));
      case Place::top:
        if (key_ == "__metadata__") return fail("ST_METADATA", "__metadata__ is not an object");
        return fail("ST_FIELD",
                    fmt::format("{}: expected an object, got {}", printable(key_), shown));
      case Place::metadata:
        return fail("ST_METADATA",
                    fmt::format("__metadata__: {} is not a string", printable(key_, 60)));
      case Place::tensor:
      case Place::shape:
      case Place::offsets:
        break;
    }
    return fail("ST_FIELD", fmt::format("{}: unexpected {}", field_name(field_), shown));
  }

  bool start_metadata() {
    if (has_metadata_) return fail("ST_DUP_KEY", "__metadata__ appears twice");
    has_metadata_ = true;
    return enter(Place::metadata);
  }

  bool end_metadata() {
    std::vector<std::string_view> keys;
    for (const auto& entry : header.metadata) keys.push_back(entry.first);
    std::sort(keys.begin(), keys.end());
    const auto twin = std::adjacent_find(keys.begin(), keys.end());
    if (twin == keys.end()) return enter(Place::top);
    return fail("ST_DUP_KEY", fmt::format("__metadata__: \"{}\" appears twice", printable(*twin)));
  }

  bool start_tensor() {
    if (!is_safe_name(key_)) {
      return fail("ST_LIMIT",
                  fmt::format("tensor name \"{}\" is empty, longer than {} bytes, or has a control "
                              "character, \"/\" or \"..\"",
                              printable(key_, 60), SafetensorsLimits::name_bytes));
    }
    if (header.tensors.size() == SafetensorsLimits::tensors) {
      return fail("ST_LIMIT", fmt::format("more than {} tensors", SafetensorsLimits::tensors));
    }
    tensor_ = {};
    tensor_.name = std::move(key_);
    seen_fields_ = 0;
    return enter(Place::tensor);
  }

  bool start_field() {
    field_ = field_of(key_);
    if (field_ == all_fields) {
      return fail("ST_FIELD", fmt::format("unknown field \"{}\"", printable(key_, 40)));
    }
    if (seen_fields_ & field_) {
      return fail("ST_DUP_KEY", fmt::format("{} appears twice", field_name(field_)));
    }
    seen_fields_ |= field_;
    return true;
  }

  bool end_tensor() {
    for (const unsigned field : {field_dtype, field_shape, field_offsets}) {
      if ((seen_fields_ & field) == 0) {
        return fail("ST_FIELD", fmt::format("{} is missing", field_name(field)));
      }
    }
    header.tensors.push_back(std::move(tensor_));
    return enter(Place::top);
  }

  bool add_size(std::uint64_t size) {
    if (tensor_.shape.size() == SafetensorsLimits::rank) {
      return fail("ST_LIMIT", fmt::format("more than {} axes", SafetensorsLimits::rank));
    }
    if (size > static_cast<std::uint64_t>(INT64_MAX)) {
      return fail("ST_OVERFLOW", fmt::format("shape: {} does not fit 63 bits", size));
    }
    tensor_.shape.push_back(static_cast<std::int64_t>(size));
    return true;
  }

  bool add_offset(std::uint64_t offset) {
    if (offset_count_ == 0) tensor_.begin = offset;
    if (offset_count_ == 1) tensor_.end = offset;
    ++offset_count_;
    return true;
  }

  std::string_view text_;
  Place place_ = Place::before;
  std::string key_;
  Field field_ = field_dtype;
  unsigned seen_fields_ = 0;
  std::size_t offset_count_ = 0;
  bool has_metadata_ = false;
  TensorInfo tensor_;
};

[[noreturn]] void refuse(const Problem& problem, std::string_view source) {
  throw Error(ExitCode::bad_input, problem.code,
              fmt::format("{}: {}", printable(source, 300), problem.message));
}

void refuse_duplicates(const std::vector<TensorInfo>& tensors, std::string_view source) {
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const TensorInfo& tensor : tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  const auto twin = std::adjacent_find(names.begin(), names.end());
  if (twin == names.end()) return;
  refuse({"ST_DUP_KEY", fmt::format("tensor \"{}\" appears twice", printable(*twin))}, source);
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, std::string_view source) {
  if (const auto bad = check_json_text(text, deepest_nesting)) {
    const bool utf8 = bad->fault == JsonFault::utf8;
    refuse({utf8 ? "ST_UTF8" : "ST_JSON", "header: " + bad->message}, source);
  }
  HeaderReader reader(text);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &reader)) {
    refuse(reader.problem.value_or(Problem{"ST_JSON", "header: not a JSON object"}), source);
  }
  refuse_duplicates(reader.header.tensors, source);
  return std::move(reader.header);
}

}  // namespace vitgen
