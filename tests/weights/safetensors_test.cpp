// One test per row ST1..ST22 of the table of malformed files; ST23 and ST26 are in
// weight_source_test.cpp, ST24 and ST25 in safetensors_io_test.cpp.

#include "generators/weights/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/weights/support.h"

namespace vitgen {
namespace {

using testing::code_for;
using testing::code_for_header;
using testing::entry;
using testing::file_bytes;
using testing::length_prefix;
using testing::refusal;
using testing::Scratch;

const std::string four_bytes = "\x01\x02\x03\x04";
const std::string good_entry = entry("a", "F32", "[1]", 0, 4);
const std::string good_header = "{" + good_entry + "}";

std::string code_of_entry(const std::string& fields) {
  return code_for_header("{\"a\":{" + fields + "}}", four_bytes);
}

TEST(Safetensors, reads_names_shapes_and_bytes) {
  const Scratch scratch;
  const std::string header = "{\"__metadata__\":{\"format\":\"pt\"}," +
                             entry("w", "F16", "[2,3]", 4, 16) + "," + good_entry + "}";
  const std::string data = four_bytes + "abcdefghijkl";
  const auto file = Safetensors::open(scratch.write("m.safetensors", file_bytes(header, data)));
  ASSERT_EQ(file.tensors().size(), 2u);
  const TensorInfo* w = file.find("w");
  ASSERT_NE(w, nullptr);
  EXPECT_EQ(w->dtype, StoredType::f16);
  EXPECT_EQ(w->shape, (Shape{2, 3}));
  EXPECT_EQ(w->end - w->begin, 12u);
  EXPECT_EQ(file.find("absent"), nullptr);
  EXPECT_EQ(file.metadata().at(0), std::pair(std::string("format"), std::string("pt")));
  std::string bytes(12, '\0');
  file.read("w", std::as_writable_bytes(std::span(bytes.data(), bytes.size())));
  EXPECT_EQ(bytes, "abcdefghijkl");
}

TEST(Safetensors, ST1_fewer_than_eight_bytes) {
  for (std::size_t size = 0; size < 8; ++size) {
    EXPECT_EQ(code_for(std::string(size, '\0')), "ST_TOO_SMALL") << size;
  }
}

TEST(Safetensors, ST2_header_length_beyond_the_limit) {
  for (const std::uint64_t size :
       {std::uint64_t{100'000'001}, std::uint64_t{1} << 32, std::uint64_t{1} << 63, UINT64_MAX}) {
    EXPECT_EQ(code_for(length_prefix(size) + "{}"), "ST_HEADER_TOO_LARGE") << size;
  }
}

TEST(Safetensors, ST2_familiar_other_formats_are_named) {
  EXPECT_NE(refusal("PK\x03\x04zipped").hint.find("PyTorch"), std::string::npos);
  EXPECT_NE(refusal("\x80\x02}q\x01(X\x05").hint.find("PyTorch"), std::string::npos);
  EXPECT_NE(refusal("version https://git-lfs").hint.find("git lfs pull"), std::string::npos);
  EXPECT_NE(refusal(std::string("GGUF\x03\0\0\0", 8)).hint.find("GGUF"), std::string::npos);
  for (const char* json : {"{\"architectures\": []}", "{\n  \"a\": 1}", "\xEF\xBB\xBF [1, 2, 3]"}) {
    EXPECT_NE(refusal(json).hint.find("JSON"), std::string::npos) << json;
  }
  for (const char* onnx : {"\x08\x07\x12\x07pytorch", "\x08\x0A:\x99\x88\x01\n\x10graph"}) {
    EXPECT_NE(refusal(onnx).hint.find("ONNX"), std::string::npos);
  }
}

TEST(Safetensors, ST2_the_message_says_what_the_file_is_not) {
  const auto thrown = refusal("{\"architectures\": []}");
  EXPECT_NE(thrown.message.find(": no safetensors file"), std::string::npos) << thrown.message;
  EXPECT_EQ(refusal("\x7F unknown bytes").hint, "");
}

TEST(Safetensors, ST3_header_length_beyond_the_file) {
  EXPECT_EQ(code_for(length_prefix(3) + "{}"), "ST_HEADER_LENGTH");
  EXPECT_EQ(code_for(length_prefix(1)), "ST_HEADER_LENGTH");
  EXPECT_EQ(code_for(length_prefix(100'000'000) + "{}"), "ST_HEADER_LENGTH");
}

TEST(Safetensors, ST4_header_that_is_no_object) {
  for (const std::string_view header : {"", "{", "garbage", "null", "[]", "\"x\"", "3", "true",
                                        "{\"a\"", "{\"__metadata__\":{}", "{]", "-1", "1.5"}) {
    EXPECT_EQ(code_for_header(header), "ST_JSON") << header;
  }
}

TEST(Safetensors, ST5_header_that_is_no_utf8) {
  EXPECT_EQ(code_for_header("{\"\xFF\":1}"), "ST_UTF8");
  EXPECT_EQ(code_for_header("{\"\xC0\xAF\":1}"), "ST_UTF8");
  EXPECT_EQ(code_for_header("{\"\xED\xA0\x80\":1}"), "ST_UTF8");
  EXPECT_EQ(code_for_header("\xEF\xBB\xBF{}"), "ST_UTF8");
  EXPECT_EQ(code_for_header("{" + entry("\\ud800", "F32", "[1]", 0, 4) + "}", four_bytes),
            "ST_JSON");
  EXPECT_EQ(code_for_header("{" + entry("\\udc00x", "F32", "[1]", 0, 4) + "}", four_bytes),
            "ST_JSON");
}

TEST(Safetensors, ST6_nul_padding_is_named) {
  const auto thrown = refusal(file_bytes(good_header + std::string(5, '\0'), four_bytes));
  EXPECT_EQ(thrown.code, "ST_JSON");
  EXPECT_NE(thrown.message.find("NUL padding"), std::string::npos) << thrown.message;
}

TEST(Safetensors, ST7_white_space_around_is_accepted) {
  EXPECT_EQ(code_for_header(" \t\r\n" + good_header + "\n\r\t  ", four_bytes), "");
  EXPECT_EQ(code_for_header("{}"), "");
  EXPECT_EQ(code_for_header("{}       "), "");
}

TEST(Safetensors, ST8_anything_after_the_object) {
  EXPECT_EQ(code_for_header("{}x"), "ST_JSON");
  EXPECT_EQ(code_for_header("{}{}"), "ST_JSON");
  EXPECT_EQ(code_for_header("{},"), "ST_JSON");
  EXPECT_EQ(code_for_header("{}//"), "ST_JSON");
}

TEST(Safetensors, ST9_duplicate_keys) {
  const std::string twin = "{" + good_entry + "," + good_entry + "}";
  EXPECT_EQ(code_for_header(twin, four_bytes), "ST_DUP_KEY");
  const std::string escaped = "{" + good_entry + "," + entry("\\u0061", "F32", "[1]", 4, 8) + "}";
  EXPECT_EQ(code_for_header(escaped, four_bytes + four_bytes), "ST_DUP_KEY");
  EXPECT_EQ(code_for_header(R"({"__metadata__":{},"__metadata__":{}})"), "ST_DUP_KEY");
  EXPECT_EQ(code_for_header(R"({"__metadata__":{},"\u005f_metadata__":{}})"), "ST_DUP_KEY");
  EXPECT_EQ(code_for_header(R"({"__metadata__":{"k":"1","k":"1"}})"), "ST_DUP_KEY");
  const std::string rest = R"("shape":[1],"data_offsets":[0,4])";
  EXPECT_EQ(code_of_entry(R"("dtype":"F32","dtype":"F32",)" + rest), "ST_DUP_KEY");
  EXPECT_EQ(code_of_entry(R"("dtype":"F32","\u0064type":"F32",)" + rest), "ST_DUP_KEY");
  EXPECT_EQ(code_of_entry(R"("dtype":"F32","shape":[1],)" + rest), "ST_DUP_KEY");
  EXPECT_EQ(code_of_entry(R"("dtype":"F32","data_offsets":[0,4],)" + rest), "ST_DUP_KEY");
}

TEST(Safetensors, ST10_fields_unknown_missing_or_of_another_type) {
  for (const std::string_view fields :
       {R"("dtype":"F32","shape":[1],"data_offsets":[0,4],"extra":1)", "",
        R"("shape":[1],"data_offsets":[0,4])", R"("dtype":"F32","data_offsets":[0,4])",
        R"("dtype":"F32","shape":[1])", R"("dtype":3,"shape":[1],"data_offsets":[0,4])",
        R"("dtype":null,"shape":[1],"data_offsets":[0,4])",
        R"("dtype":["F32"],"shape":[1],"data_offsets":[0,4])",
        R"("dtype":"F32","shape":"1","data_offsets":[0,4])",
        R"("dtype":"F32","shape":1,"data_offsets":[0,4])",
        R"("dtype":"F32","shape":{"0":1},"data_offsets":[0,4])",
        R"("dtype":"F32","shape":["1"],"data_offsets":[0,4])",
        R"("dtype":"F32","shape":[[1]],"data_offsets":[0,4])",
        R"("dtype":"F32","shape":[1],"data_offsets":"0,4")",
        R"("dtype":"F32","shape":[1],"data_offsets":[0,"4"])"}) {
    EXPECT_EQ(code_of_entry(std::string(fields)), "ST_FIELD") << fields;
  }
  EXPECT_EQ(code_for_header(R"({"a":3})"), "ST_FIELD");
  EXPECT_EQ(code_for_header(R"({"a":["F32",[1],[0,4]]})"), "ST_FIELD");
}

TEST(Safetensors, ST10_numbers_that_are_no_exact_unsigned_integers) {
  for (const std::string_view number : {"true", "null", "1.0", "1e0", "1e2", "-1", "-0", "0.5",
                                        "18446744073709551616", "99999999999999999999999"}) {
    const std::string n(number);
    EXPECT_EQ(code_of_entry(R"("dtype":"F32","data_offsets":[0,4],"shape":[)" + n + "]"),
              "ST_FIELD")
        << n;
    EXPECT_EQ(code_of_entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,)" + n + "]"),
              "ST_FIELD")
        << n;
  }
  EXPECT_EQ(code_of_entry(R"("dtype":"F32","shape":[01],"data_offsets":[0,4])"), "ST_JSON");
}

TEST(Safetensors, ST11_nesting_beyond_four_levels) {
  EXPECT_EQ(code_for_header(std::string(100'000, '[')), "ST_JSON");
  EXPECT_EQ(code_for_header("{\"a\":" + std::string(100'000, '[')), "ST_JSON");
  EXPECT_EQ(code_for_header(R"({"a":{"shape":[[[1]]]}})"), "ST_JSON");
  EXPECT_EQ(code_for_header(R"({"__metadata__":{"k":{"k":{"k":{}}}}})"), "ST_JSON");
}

TEST(Safetensors, ST12_unknown_and_unsupported_types_are_told_apart) {
  for (const std::string_view dtype : {"X", "", "f32", "F128", "C128", "I4", "F32\\u0000"}) {
    EXPECT_EQ(code_for_header("{" + entry("a", dtype, "[1]", 0, 4) + "}", four_bytes), "ST_DTYPE");
  }
  const Scratch scratch;
  const std::string header = "{" + entry("ids", "I64", "[1]", 0, 8) + "}";
  const auto file =
      Safetensors::open(scratch.write("m", file_bytes(header, four_bytes + four_bytes)));
  std::array<float, 1> value{};
  const auto thrown = testing::thrown_by([&] { file.read_f32(file.tensors()[0], 0, value); });
  EXPECT_EQ(thrown.code, "ST_DTYPE");
  EXPECT_NE(thrown.message.find("I64 is not supported"), std::string::npos);
}

TEST(Safetensors, ST12_every_type_of_the_format_is_known) {
  struct Row {
    const char* name;
    unsigned bits;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"BOOL", 8},        {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
           {"I8", 8},          {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
           {"F8_E5M2FNUZ", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},    {"BF16", 16},
           {"I32", 32},        {"U32", 32},    {"F32", 32},    {"C64", 64},    {"F64", 64},
           {"I64", 64},        {"U64", 64}}) {
    const std::string header = "{" + entry("a", row.name, "[4]", 0, row.bits / 2) + "}";
    EXPECT_EQ(code_for_header(header, std::string(row.bits / 2, 'x')), "") << row.name;
  }
}

TEST(Safetensors, ST13_offsets_that_are_no_range_of_the_data) {
  const std::string field = R"("dtype":"F32","shape":[1],"data_offsets":)";
  for (const std::string_view offsets : {"[]", "[0]", "[0,4,4]", "[4,0]"}) {
    EXPECT_EQ(code_of_entry(field + std::string(offsets)), "ST_OFFSETS") << offsets;
  }
  // A range that leaves the data and does not follow its neighbour, or not its own shape.
  const std::string far = "{" + good_entry + "," + entry("b", "F32", "[1]", 8, 12) + "}";
  EXPECT_EQ(code_for_header(far, four_bytes), "ST_OFFSETS");
  EXPECT_EQ(code_for_header("{" + entry("a", "F32", "[1]", 0, 8) + "}", four_bytes), "ST_OFFSETS");
  EXPECT_EQ(code_of_entry(field + "[0,18446744073709551615]"), "ST_OFFSETS");
  EXPECT_EQ(code_of_entry(field + "[18446744073709551615,18446744073709551615]"), "ST_OFFSETS");
}

TEST(Safetensors, ST14_holes) {
  EXPECT_EQ(code_for_header("{" + entry("a", "F32", "[1]", 1, 5) + "}", four_bytes + "x"),
            "ST_HOLE");
  const std::string middle = "{" + good_entry + "," + entry("b", "F32", "[1]", 8, 12) + "}";
  EXPECT_EQ(code_for_header(middle, std::string(12, 'x')), "ST_HOLE");
  // A hole at the end cannot be told from bytes that were appended.
  EXPECT_EQ(code_for_header(good_header, four_bytes + "PK\x03\x04"), "ST_COVERAGE");
}

TEST(Safetensors, ST15_overlaps) {
  const auto code = [](const std::string& second) {
    return code_for_header("{" + entry("a", "U8", "[8]", 0, 8) + "," + second + "}",
                           std::string(12, 'x'));
  };
  EXPECT_EQ(code(entry("b", "U8", "[8]", 0, 8)), "ST_OVERLAP");
  EXPECT_EQ(code(entry("b", "U8", "[8]", 4, 12)), "ST_OVERLAP");
  EXPECT_EQ(code(entry("b", "U8", "[2]", 3, 5)), "ST_OVERLAP");
  EXPECT_EQ(code(entry("b", "U8", "[0]", 4, 4)), "ST_OVERLAP");
}

struct Budget {
  double cpu_seconds;
  double mib;
};

/// Opens a file of these bytes in a child process and holds it to the budget.
void expect_within(const std::string& bytes, const std::string& wanted, Budget budget) {
  const Scratch scratch;
  const std::string path = scratch.write("m", bytes);
  const auto cost = testing::cost_of(
      [&] { return testing::code_of([&] { Safetensors::open(path); }) == wanted ? 0 : 1; });
  EXPECT_EQ(cost.status, 0) << "expected " << wanted;
  EXPECT_LT(cost.cpu_seconds, budget.cpu_seconds * testing::sanitizer_slack) << wanted;
  EXPECT_LT(cost.peak_mib, budget.mib * testing::sanitizer_slack) << wanted;
}

TEST(Safetensors, ST15_many_overlapping_tensors_cost_a_second_and_512_MiB_at_most) {
  const auto overlapping = [](int count) {
    std::string header = "{";
    for (int i = 0; i < count; ++i) {
      header += (i > 0 ? "," : "") + entry("t" + std::to_string(i), "U8", "[4]", 0, 4);
    }
    return file_bytes(header + "}", four_bytes);
  };
  expect_within(overlapping(100'000), "ST_OVERLAP", {1, 512});
  expect_within(overlapping(1'000'000), "ST_LIMIT", {1, 512});
}

// The largest headers that the format allows: five seconds and 1 GiB.
TEST(SafetensorsFull, headers_of_the_largest_size_stay_within_bounds) {
  const std::size_t size = 99'000'000;
  const auto metadata = [&](const std::string& text) {
    return file_bytes("{\"__metadata__\":{\"k\":\"" + text + "\"}}");
  };
  expect_within(file_bytes(std::string(size, '[')), "ST_JSON", {5, 1024});
  expect_within(file_bytes("{\"" + std::string(size, 'k')), "ST_JSON", {5, 1024});
  expect_within(metadata(std::string(size, 'v')), "", {5, 1024});
  std::string numbers = "{\"a\":{\"shape\":[";
  while (numbers.size() < size) numbers += "1,";
  expect_within(file_bytes(numbers), "ST_LIMIT", {5, 1024});
}

TEST(Safetensors, ST16_shapes_whose_size_overflows) {
  const auto code = [](std::string_view dtype, std::string_view shape, std::uint64_t end = 4) {
    return code_for_header("{" + entry("a", dtype, shape, 0, end) + "}",
                           std::string(static_cast<std::size_t>(end), 'x'));
  };
  EXPECT_EQ(code("U8", "[2,18446744073709551614]"), "ST_OVERFLOW");
  EXPECT_EQ(code("U8", "[2,9223372036854775807]"), "ST_OVERFLOW");
  EXPECT_EQ(code("F32", "[4611686018427387905]"), "ST_OVERFLOW");
  EXPECT_EQ(code("U8", "[4294967296,4294967296,4294967296]"), "ST_OVERFLOW");
  EXPECT_EQ(code("U8", "[9223372036854775807,4,0]", 0), "ST_OVERFLOW");
  EXPECT_EQ(code("F4", "[7]"), "ST_OVERFLOW");
  EXPECT_EQ(code("F6_E2M3", "[3]"), "ST_OVERFLOW");
  EXPECT_EQ(code("F6_E2M3", "[4]", 3), "");
}

TEST(Safetensors, ST17_range_and_shape_disagree) {
  EXPECT_EQ(code_for_header("{" + entry("a", "F32", "[2]", 0, 4) + "}", four_bytes), "ST_SIZE");
  EXPECT_EQ(code_for_header("{" + entry("a", "F16", "[1]", 0, 4) + "}", four_bytes), "ST_SIZE");
  EXPECT_EQ(code_for_header("{" + entry("a", "F32", "[0]", 0, 4) + "}", four_bytes), "ST_SIZE");
}

TEST(Safetensors, ST18_truncated_or_extended_data) {
  EXPECT_EQ(code_for_header(good_header, "\x01\x02\x03"), "ST_COVERAGE");
  EXPECT_EQ(code_for_header(good_header, ""), "ST_COVERAGE");
  EXPECT_EQ(code_for_header(good_header, four_bytes + "x"), "ST_COVERAGE");
  EXPECT_EQ(code_for_header("{}", "x"), "ST_COVERAGE");
  EXPECT_NE(refusal(file_bytes(good_header, "")).message.find("truncated"), std::string::npos);
}

TEST(Safetensors, ST19_scalars_and_empty_tensors_are_accepted) {
  EXPECT_EQ(code_for_header("{" + entry("a", "F32", "[]", 0, 4) + "}", four_bytes), "");
  const std::string empties = "{" + entry("b", "F32", "[0]", 0, 0) + "," + good_entry + "," +
                              entry("c", "F32", "[0,5]", 0, 0) + "," +
                              entry("d", "F32", "[5,0]", 4, 4) + "," +
                              entry("e", "F32", "[0]", 4, 4) + "}";
  EXPECT_EQ(code_for_header(empties, four_bytes), "");
}

TEST(Safetensors, ST20_limits) {
  const auto named = [](const std::string& name) {
    return code_for_header("{" + entry(name, "F32", "[1]", 0, 4) + "}", four_bytes);
  };
  EXPECT_EQ(named(std::string(512, 'n')), "");
  EXPECT_EQ(named(std::string(513, 'n')), "ST_LIMIT");
  for (const std::string_view name :
       {"", "a\\u0000b", "a\\nb", "a\\u001bb", "a\\u007fb", "a/b", "..", "../../etc/passwd"}) {
    EXPECT_EQ(named(std::string(name)), "ST_LIMIT") << name;
  }
  const auto shaped = [](std::string_view shape) {
    return code_for_header("{" + entry("a", "F32", shape, 0, 4) + "}", four_bytes);
  };
  EXPECT_EQ(shaped("[1,1,1,1,1,1,1,1]"), "");
  EXPECT_EQ(shaped("[1,1,1,1,1,1,1,1,1]"), "ST_LIMIT");
}

TEST(Safetensors, ST20_as_many_tensors_as_allowed) {
  const auto header_of = [](int count) {
    std::string header = "{";
    for (int i = 0; i < count; ++i) {
      header += (i > 0 ? "," : "") + entry("t" + std::to_string(i), "U8", "[0]", 0, 0);
    }
    return header + "}";
  };
  EXPECT_EQ(code_for_header(header_of(100'000)), "");
  EXPECT_EQ(code_for_header(header_of(100'001)), "ST_LIMIT");
}

TEST(Safetensors, ST21_metadata_that_is_not_text_to_text) {
  for (const std::string_view metadata :
       {"null", "3", "[]", "\"x\"", R"({"k":1})", R"({"k":null})", R"({"k":{}})", R"({"k":[]})",
        R"({"k":true})", R"({"k":-1})", R"({"k":1.5})"}) {
    EXPECT_EQ(code_for_header("{\"__metadata__\":" + std::string(metadata) + "}"), "ST_METADATA")
        << metadata;
  }
  EXPECT_EQ(code_for_header(R"({"__metadata__":{}})"), "");
  EXPECT_EQ(code_for_header(R"({"__metadata__":{"":"","k":"\u0000"}})"), "");
}

TEST(Safetensors, ST22_data_at_every_alignment_reads_the_same) {
  const Scratch scratch;
  const std::array<float, 5> wanted = {1.5f, -2.25f, 3e-39f, -3.4e38f, 0.1f};
  std::string values(sizeof wanted, '\0');
  std::memcpy(values.data(), wanted.data(), sizeof wanted);
  for (std::size_t padding = 0; padding < 64; ++padding) {
    const std::string header = "{" + entry("h", "BF16", "[1]", 0, 2) + "," +
                               entry("f", "F32", "[5]", 2, 22) + "}" + std::string(padding, ' ');
    const auto file =
        Safetensors::open(scratch.write("m", file_bytes(header, "\x80\x3F" + values)));
    std::array<float, 5> got{};
    file.read_f32(*file.find("f"), 0, got);
    EXPECT_EQ(got, wanted) << padding;
    std::array<float, 1> half{};
    file.read_f32(*file.find("h"), 0, half);
    EXPECT_EQ(half[0], 1.0f);
  }
}

TEST(Safetensors, messages_stay_on_one_line_whatever_the_file_says) {
  const std::string hostile = "x\\u202e\\u000a";
  for (const std::string& header :
       {"{" + entry(hostile, "F32", "[1]", 0, 4) + "}", "{\"a\":{\"dtype\":\"" + hostile + "\"}}",
        "{\"a\":{\"" + hostile + "\":1}}", "{\"__metadata__\":{\"" + hostile + "\":1}}",
        "{\"" + hostile + "\":1}", std::string("{\x01"), std::string("{\"\\x\"")}) {
    const auto thrown = refusal(file_bytes(header));
    EXPECT_NE(thrown.code, "");
    EXPECT_EQ(thrown.exit, ExitCode::bad_input);
    for (const char c : thrown.message) EXPECT_TRUE(c >= 0x20 && c < 0x7F) << thrown.message;
  }
}

}  // namespace
}  // namespace vitgen
