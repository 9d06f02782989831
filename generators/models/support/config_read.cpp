#include "generators/models/support/config_read.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "generators/base/error.h"

namespace vitgen {

std::int64_t read_extent(const JsonFile& file, std::string_view key) {
  return get_int(file, key, 1, any_extent);
}

std::int64_t read_extent_or(const JsonFile& file, std::string_view key, std::int64_t fallback) {
  return get_int_or(file, key, fallback, 1, any_extent);
}

Size read_size(const JsonFile& file, std::string_view key) {
  const Json* value = find_json(file, key);
  if (!value || !value->is_array()) {
    const std::int64_t side = read_extent(file, key);
    return {side, side};
  }
  if (value->empty() || value->size() > 2) {
    json_error(file, key, "CFG_FIELD", "expected a number, or height and width");
  }
  const std::vector<std::int64_t> sides = get_int_array(file, key, 1, any_extent, 2);
  return {sides.front(), sides.back()};
}

Activation read_activation(const JsonFile& file, std::string_view key, std::string_view fallback) {
  struct Row {
    std::string_view word;
    Activation activation;
  };
  static constexpr Row rows[] = {
      {"gelu", Activation::gelu_erf},
      {"gelu_new", Activation::gelu_tanh},
      {"gelu_fast", Activation::gelu_tanh},
      {"gelu_pytorch_tanh", Activation::gelu_tanh},
      {"gelu_tanh", Activation::gelu_tanh},
      {"quick_gelu", Activation::quick_gelu},
      {"quickgelu", Activation::quick_gelu},
      {"relu", Activation::relu},
      {"silu", Activation::silu},
      {"swish", Activation::silu},
  };
  const std::string word = get_string_or(file, key, fallback);
  std::string known;
  for (const Row& row : rows) {
    if (row.word == word) return row.activation;
    known += (known.empty() ? "" : ", ") + std::string(row.word);
  }
  json_error(file, key, "CFG_UNSUPPORTED",
             fmt::format("the activation '{}' is not supported", printable(word)),
             "supported: " + known);
}

void check_probabilities(const JsonFile& file, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (has_value(file, key)) get_number(file, key, 0, 1);
  }
}

void note_unknown_keys(const JsonFile& file, std::span<const std::string_view> known,
                       std::vector<std::string>& notices) {
  for (const auto& item : file.root.items()) {
    if (std::ranges::find(known, item.key()) != known.end()) continue;
    notices.push_back(
        fmt::format("{}: unknown key '{}' is ignored", file.name, printable(item.key())));
  }
}

namespace {

constexpr std::size_t max_labels = std::size_t{1} << 20;

std::size_t label_index(const JsonFile& file, std::string_view key, const std::string& text) {
  std::size_t index = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, index);
  if (text.empty() || result.ec != std::errc{} || result.ptr != end || index >= max_labels) {
    json_error(file, key, "CFG_RANGE",
               fmt::format("'{}' is not the number of a class", printable(text)));
  }
  return index;
}

}  // namespace

std::vector<std::string> read_labels(const JsonFile& file, std::string_view key) {
  const Json* value = find_json(file, key);
  if (!value || value->is_null()) return {};
  if (value->is_array()) return get_string_array(file, key, max_labels);
  if (!value->is_object()) json_error(file, key, "CFG_FIELD", "expected a list or an object");
  std::vector<std::string> labels;
  for (const auto& item : value->items()) {
    const std::size_t index = label_index(file, key, item.key());
    if (!item.value().is_string()) {
      json_error(file, key, "CFG_FIELD", fmt::format("class {} is not a string", index));
    }
    if (index >= labels.size()) labels.resize(index + 1);
    labels[index] = item.value().get<std::string>();
  }
  return labels;
}

}  // namespace vitgen
