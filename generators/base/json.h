#pragma once
// Strict JSON: what two readers could understand differently is an error here. Rejected are
// duplicate keys (compared after escapes are decoded), a byte order mark, NUL bytes, invalid UTF-8,
// lone surrogates, NaN and Infinity, comments, anything after the value, and too deep nesting.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitgen {

using Json = nlohmann::ordered_json;

/// Why a text is not strict JSON.
enum class JsonFault { syntax, utf8, depth, duplicate_key };

struct JsonProblem {
  JsonFault fault = JsonFault::syntax;
  std::string message;  ///< one printable line
};

/// What can be told without parsing, in one pass over the bytes: byte order mark, NUL bytes,
/// invalid UTF-8, nesting of brackets beyond `max_depth`. No recursion, no allocation.
std::optional<JsonProblem> check_json_text(std::string_view text, int max_depth);

/// The line of `JsonProblem` for an error reported by nlohmann_json at byte `position`.
std::string json_syntax_message(std::string_view text, std::size_t position,
                                std::string_view library_message);

struct JsonLimits {
  std::size_t bytes = std::size_t{1} << 20;
  int depth = 32;
};

/// Codes of the errors a document can cause, so that each kind of file has its own.
struct JsonCodes {
  std::string syntax = "CFG_JSON";
  std::string duplicate = "CFG_JSON";
  std::string field = "CFG_FIELD";  ///< missing, or of another type
  std::string range = "CFG_RANGE";  ///< right type, value outside the limits
};

/// A parsed document and the name under which errors speak of it.
///
/// The readers below take a path of keys joined by dots (`vision_config.hidden_size`), and every
/// error reads `config.json: vision_config.hidden_size: expected an integer 1..16384, got "abc"`.
struct JsonFile {
  std::string name;
  Json root;
  JsonCodes codes;
};

/// Parses `text`; throws Error(bad_input, codes.syntax or codes.duplicate).
JsonFile parse_json(std::string_view text, std::string name, const JsonLimits& limits = {},
                    const JsonCodes& codes = {});

/// Reads a regular file (errors IO_*) and parses it; `name` is the file's base name.
JsonFile read_json(const std::string& path, const JsonLimits& limits = {},
                   const JsonCodes& codes = {});

/// The value at `path`, or nullptr when a key on the way is absent.
const Json* find_json(const JsonFile& file, std::string_view path);

/// True when the value is there and not `null`.
bool has_value(const JsonFile& file, std::string_view path);

/// The elements of an array as documents of their own, so that errors name the place.
std::vector<JsonFile> json_elements(const JsonFile& file, std::string_view path);

/// Limits are inclusive. A number with a fraction or an exponent, or one beyond 64 bits, is not an
/// integer even when its value would be whole.
std::int64_t get_int(const JsonFile& file, std::string_view path, std::int64_t min,
                     std::int64_t max);
bool get_bool(const JsonFile& file, std::string_view path);
/// Integers are numbers too.
double get_number(const JsonFile& file, std::string_view path,
                  double min = std::numeric_limits<double>::lowest(),
                  double max = std::numeric_limits<double>::max());
std::string get_string(const JsonFile& file, std::string_view path, std::size_t max_bytes = 4096);
std::vector<std::int64_t> get_int_array(const JsonFile& file, std::string_view path,
                                        std::int64_t min, std::int64_t max,
                                        std::size_t max_count = 65536);
std::vector<double> get_number_array(const JsonFile& file, std::string_view path,
                                     double min = std::numeric_limits<double>::lowest(),
                                     double max = std::numeric_limits<double>::max(),
                                     std::size_t max_count = 65536);
std::vector<std::string> get_string_array(const JsonFile& file, std::string_view path,
                                          std::size_t max_count = 65536,
                                          std::size_t max_bytes = 4096);

/// As above, but an absent or `null` value gives `fallback`.
std::int64_t get_int_or(const JsonFile& file, std::string_view path, std::int64_t fallback,
                        std::int64_t min, std::int64_t max);
bool get_bool_or(const JsonFile& file, std::string_view path, bool fallback);
double get_number_or(const JsonFile& file, std::string_view path, double fallback,
                     double min = std::numeric_limits<double>::lowest(),
                     double max = std::numeric_limits<double>::max());
std::string get_string_or(const JsonFile& file, std::string_view path, std::string_view fallback,
                          std::size_t max_bytes = 4096);

/// Throws Error(bad_input, code) with the message `<file>: <path>: <what>`.
[[noreturn]] void json_error(const JsonFile& file, std::string_view path, const std::string& code,
                             const std::string& what, const std::string& hint = {});

}  // namespace vitgen
