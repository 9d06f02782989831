#include "generators/base/json.h"

#include <gtest/gtest.h>

#include "tests/base/support.h"

namespace vitgen {
namespace {

using testing::thrown_by;

std::string error_of(std::string_view text) {
  const auto thrown = thrown_by([&] { parse_json(text, "config.json"); });
  return thrown.code.empty() ? "" : thrown.code + " " + thrown.message;
}

void expect_refused(std::string_view text, std::string_view part) {
  const std::string error = error_of(text);
  EXPECT_NE(error.find(part), std::string::npos) << error << " for " << printable(text);
}

TEST(Json, accepts_what_the_grammar_allows) {
  for (const std::string_view text :
       {"{}", "[]", " \t\r\n{}\n", "null", "-0", "1e3", "\"\\u00e9\\ud83d\\ude00\"", "[0.5,-1]"}) {
    EXPECT_EQ(error_of(text), "") << text;
  }
}

TEST(Json, keeps_the_order_of_keys) {
  const JsonFile file = parse_json(R"({"b":1,"a":2,"c":3})", "x");
  std::string order;
  for (const auto& [key, value] : file.root.items()) order += key;
  EXPECT_EQ(order, "bac");
}

TEST(Json, CF1_refuses_what_is_not_json) {
  for (const std::string_view text : {"", " ", "{", "}", "{\"a\"}", "{\"a\":1,}", "[1,]", "'a'",
                                      "{a:1}", "01", "+1", ".5", "1.", "0x10", "tru", "\"\t\""}) {
    expect_refused(text, "CFG_JSON config.json: line ");
  }
}

TEST(Json, CF1_refuses_duplicate_keys_even_when_written_with_escapes) {
  expect_refused(R"({"a":1,"a":1})", "CFG_JSON config.json: duplicate key \"a\"");
  expect_refused(R"({"a":1,"\u0061":2})", "duplicate key \"a\"");
  expect_refused(R"({"x":[{"b":1,"c":2,"b":3}]})", "duplicate key \"b\"");
  EXPECT_EQ(error_of(R"({"x":{"b":1},"y":{"b":1}})"), "");
}

TEST(Json, CF1_refuses_tokens_of_other_languages) {
  for (const std::string_view text : {"[NaN]", "[Infinity]", "[-Infinity]", "[inf]", "[None]"}) {
    expect_refused(text, "CFG_JSON");
  }
  expect_refused("{} // end", "CFG_JSON");
  expect_refused("/* start */ {}", "CFG_JSON");
  expect_refused("1e999", "CFG_JSON");
}

TEST(Json, CF1_refuses_nesting_beyond_its_limit) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_EQ(error_of(nested(32)), "");
  expect_refused(nested(33), "nested deeper than 32 levels");
  expect_refused(std::string(1'000'000, '['), "nested deeper than 32 levels");
  EXPECT_EQ(error_of("\"" + std::string(100, '[') + "\\\"[[\""), "");
}

TEST(Json, CF1_refuses_more_bytes_than_its_limit) {
  expect_refused(std::string((1 << 20) + 1, ' '), "1048577 bytes, the limit is 1048576");
  EXPECT_EQ(error_of("[]" + std::string((1 << 20) - 2, ' ')), "");
}

TEST(Json, refuses_bytes_that_are_not_text) {
  expect_refused("\xEF\xBB\xBF{}", "byte order mark");
  expect_refused(std::string_view("{}\0\0\0", 5), "NUL padding after the JSON text (3 bytes");
  expect_refused(std::string_view("{\0}", 3), "NUL byte at offset 1");
  expect_refused("[\"\xC0\xAF\"]", "invalid UTF-8 at offset 2");
  expect_refused("[\"\xED\xA0\x80\"]", "invalid UTF-8 at offset 2");
  expect_refused(R"(["\ud800"])", "CFG_JSON");
  expect_refused(R"(["\udc00\ud800"])", "CFG_JSON");
}

TEST(Json, refuses_anything_after_the_value) {
  expect_refused("{}{}", "line 1, column 3");
  expect_refused("{}\n x", "line 2, column 2");
}

TEST(Json, finds_duplicates_among_many_keys_quickly) {
  std::string text = "{\"k0\":0";
  for (int i = 1; i < 90'000; ++i) text += ",\"k" + std::to_string(i) + "\":0";
  EXPECT_EQ(error_of(text + "}"), "");
  expect_refused(text + ",\"k777\":1}", "duplicate key \"k777\"");
}

JsonFile fields() {
  return parse_json(R"({
    "hidden_size": 768, "zero": 0, "text": "abc", "yes": true, "eps": 1e-6, "half": 0.5,
    "whole_float": 4.0, "exponent": 1e2, "negative": -3, "max64": 9223372036854775807,
    "above63": 9223372036854775808, "max_u64": 18446744073709551615,
    "above64": 18446744073709551616, "none": null,
    "mean": [0.5, 1, 0.25], "sizes": [1, 2, 3], "mixed": [1, "2"], "names": ["a", "b"],
    "vision_config": {"patch_size": 14}})",
                    "config.json");
}

TEST(JsonFields, reads_values_of_the_asked_type) {
  const JsonFile file = fields();
  EXPECT_EQ(get_int(file, "hidden_size", 1, 16384), 768);
  EXPECT_EQ(get_int(file, "vision_config.patch_size", 1, 64), 14);
  EXPECT_EQ(get_int(file, "max64", 0, INT64_MAX), INT64_MAX);
  EXPECT_EQ(get_int(file, "negative", -3, -3), -3);
  EXPECT_TRUE(get_bool(file, "yes"));
  EXPECT_EQ(get_number(file, "eps", 0, 1), 1e-6);
  EXPECT_EQ(get_number(file, "hidden_size"), 768.0);
  EXPECT_EQ(get_string(file, "text"), "abc");
  EXPECT_EQ(get_int_array(file, "sizes", 1, 3), (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(get_number_array(file, "mean"), (std::vector<double>{0.5, 1, 0.25}));
  EXPECT_EQ(get_string_array(file, "names"), (std::vector<std::string>{"a", "b"}));
}

TEST(JsonFields, falls_back_only_for_absent_or_null) {
  const JsonFile file = fields();
  EXPECT_EQ(get_int_or(file, "absent", 5, 0, 9), 5);
  EXPECT_EQ(get_int_or(file, "none", 5, 0, 9), 5);
  EXPECT_EQ(get_number_or(file, "absent.deeper", 0.25), 0.25);
  EXPECT_EQ(get_string_or(file, "text", "x"), "abc");
  EXPECT_FALSE(get_bool_or(file, "none", false));
  EXPECT_FALSE(has_value(file, "none"));
  EXPECT_EQ(thrown_by([&] { get_int_or(file, "text", 5, 0, 9); }).code, "CFG_FIELD");
}

TEST(JsonFields, errors_name_file_path_wish_and_value) {
  const JsonFile file = fields();
  const auto as_int = [&](std::string_view path) {
    return thrown_by([&] { get_int(file, path, 1, 16384); });
  };
  EXPECT_EQ(as_int("text").message, "config.json: text: expected an integer 1..16384, got \"abc\"");
  EXPECT_EQ(as_int("text").code, "CFG_FIELD");
  EXPECT_EQ(as_int("text").exit, ExitCode::bad_input);
  EXPECT_EQ(as_int("absent").message, "config.json: absent: missing");
  EXPECT_EQ(as_int("vision_config").message,
            "config.json: vision_config: expected an integer 1..16384, got an object");
  EXPECT_EQ(as_int("zero").code, "CFG_RANGE");
  EXPECT_EQ(thrown_by([&] { get_int_array(file, "mixed", 0, 9); }).message,
            "config.json: mixed[1]: expected an integer 0..9, got \"2\"");
}

TEST(JsonFields, integers_are_exact) {
  const JsonFile file = fields();
  const auto code = [&](std::string_view path) {
    return thrown_by([&] { get_int(file, path, INT64_MIN, INT64_MAX); }).code;
  };
  EXPECT_EQ(code("whole_float"), "CFG_FIELD");
  EXPECT_EQ(code("exponent"), "CFG_FIELD");
  EXPECT_EQ(code("yes"), "CFG_FIELD");
  EXPECT_EQ(code("none"), "CFG_FIELD");
  EXPECT_EQ(code("above63"), "CFG_RANGE");
  EXPECT_EQ(code("max_u64"), "CFG_RANGE");
  EXPECT_EQ(code("above64"), "CFG_FIELD");
}

TEST(JsonFields, other_types_are_refused) {
  const JsonFile file = fields();
  EXPECT_EQ(testing::code_of([&] { get_bool(file, "zero"); }), "CFG_FIELD");
  EXPECT_EQ(testing::code_of([&] { get_number(file, "text"); }), "CFG_FIELD");
  EXPECT_EQ(testing::code_of([&] { get_number(file, "half", 1, 2); }), "CFG_RANGE");
  EXPECT_EQ(testing::code_of([&] { get_string(file, "zero"); }), "CFG_FIELD");
  EXPECT_EQ(testing::code_of([&] { get_string(file, "text", 2); }), "CFG_RANGE");
  EXPECT_EQ(testing::code_of([&] { get_int_array(file, "zero", 0, 1); }), "CFG_FIELD");
  EXPECT_EQ(testing::code_of([&] { get_int_array(file, "sizes", 0, 9, 2); }), "CFG_RANGE");
  EXPECT_EQ(testing::code_of([&] { get_string_array(file, "mixed"); }), "CFG_FIELD");
}

TEST(JsonFields, hostile_keys_and_values_stay_on_one_line) {
  const JsonFile file = parse_json("{\"k\":\"a\\nb\\u202e\"}", "con\nfig.json");
  const std::string message = thrown_by([&] { get_int(file, "k", 0, 1); }).message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_EQ(message.find("\xE2\x80\xAE"), std::string::npos) << message;
}

TEST(JsonFile, names_the_base_name_of_the_file) {
  const testing::Scratch scratch;
  const std::string path = scratch.write("config.json", "{\"a\":");
  EXPECT_TRUE(thrown_by([&] { read_json(path); }).message.starts_with("config.json: line 1"));
  EXPECT_EQ(testing::code_of([&] { read_json(scratch.at("absent.json")); }), "IO_OPEN");
  EXPECT_EQ(testing::code_of([&] { read_json(scratch.path().string()); }), "IO_NOT_REGULAR");
}

TEST(JsonFile, a_large_file_is_refused_before_it_is_read) {
  const testing::Scratch scratch;
  const std::string path = scratch.write("config.json", "{}");
  std::filesystem::resize_file(path, std::uintmax_t{1} << 40);
  EXPECT_EQ(testing::code_of([&] { read_json(path); }), "CFG_JSON");
}

}  // namespace
}  // namespace vitgen
