#include "generators/base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "generators/base/error.h"
#include "generators/base/file.h"

namespace vitgen {
namespace {

/// Builds the document while it is parsed. Depth is already checked, so `open_` stays small.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(std::string_view text) : text_(text) {}

  Json root;
  std::optional<JsonProblem> problem;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  // An integer beyond 64 bits arrives here as well and stays a float: `get_int` refuses it.
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool key(string_t& value) override {
    key_ = std::move(value);
    return true;
  }
  bool end_array() override { return close(); }
  bool end_object() override { return refuse_duplicates() && close(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    problem = {JsonFault::syntax, json_syntax_message(text_, position, error.what())};
    return false;
  }

 private:
  Json* place(Json value) {
    if (open_.empty()) {
      root = std::move(value);
      return &root;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) return &parent.get_ref<Json::array_t&>().emplace_back(std::move(value));
    // Appended without the map's own search, which would cost n^2 for n keys; duplicates are found
    // when the object closes.
    auto& members = parent.get_ref<Json::object_t&>();
    return &members.emplace_back(std::move(key_), std::move(value)).second;
  }

  bool add(Json value) {
    place(std::move(value));
    return true;
  }

  bool open(Json value) {
    open_.push_back(place(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  bool refuse_duplicates() {
    const auto& members = open_.back()->get_ref<const Json::object_t&>();
    std::vector<std::string_view> keys;
    keys.reserve(members.size());
    for (const auto& [name, value] : members) keys.push_back(name);
    std::sort(keys.begin(), keys.end());
    const auto twin = std::adjacent_find(keys.begin(), keys.end());
    if (twin == keys.end()) return true;
    problem = {JsonFault::duplicate_key, fmt::format("duplicate key \"{}\"", printable(*twin))};
    return false;
  }

  std::string_view text_;
  std::string key_;
  std::vector<Json*> open_;
};

}  // namespace

JsonFile parse_json(std::string_view text, std::string name, const JsonLimits& limits,
                    const JsonCodes& codes) {
  const auto fail = [&](const std::string& code, const std::string& what) {
    throw Error(ExitCode::bad_input, code, fmt::format("{}: {}", printable(name), what));
  };
  if (text.size() > limits.bytes) {
    fail(codes.syntax, fmt::format("{} bytes, the limit is {}", text.size(), limits.bytes));
  }
  if (const auto problem = check_json_text(text, limits.depth))
    fail(codes.syntax, problem->message);
  Builder builder(text);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    const JsonProblem problem =
        builder.problem.value_or(JsonProblem{JsonFault::syntax, "not JSON"});
    const bool duplicate = problem.fault == JsonFault::duplicate_key;
    fail(duplicate ? codes.duplicate : codes.syntax, problem.message);
  }
  return {std::move(name), std::move(builder.root), codes};
}

JsonFile read_json(const std::string& path, const JsonLimits& limits, const JsonCodes& codes) {
  const std::string name = std::filesystem::path(path).filename().string();
  const RegularFile file = RegularFile::open(path);
  if (file.size() > limits.bytes) {
    throw Error(
        ExitCode::bad_input, codes.syntax,
        fmt::format("{}: {} bytes, the limit is {}", printable(name), file.size(), limits.bytes));
  }
  return parse_json(file.read_whole(limits.bytes), name, limits, codes);
}

}  // namespace vitgen
