#include "generators/base/names.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "generators/base/reserved_names.h"
#include "tests/base/support.h"

namespace vitgen {
namespace {

using testing::thrown_by;

TEST(OutputName, CF9_accepts_lower_case_words) {
  for (const std::string_view name :
       {"a", "fashion", "vit_b16", "deit_tiny_patch16_224", "m2", "x_0", "printf_model"}) {
    EXPECT_EQ(output_name_problem(name), "") << name;
  }
  EXPECT_EQ(output_name_problem(std::string(48, 'a')), "");
}

TEST(OutputName, CF9_refuses_everything_else) {
  for (const std::string_view name :
       {"",         "A",     "Fashion",  "9lives",      "_a",     "a-b",      "a.b",
        "a b",      "a$1",   "a\n",      "n\xC3\xA4me", "a/b",    "a__b",     "a_",
        "int",      "class", "co_await", "main",        "printf", "errno",    "stdio",
        "string",   "m",     "pthread",  "shm",         "halide", "halide_x", "vitgen",
        "vitgen_x", "vg_x",  "model_k",  "model_rt",    "linux"}) {
    const auto thrown = thrown_by([&] { check_output_name(name); });
    EXPECT_EQ(thrown.code, "NAME_INVALID") << name;
    EXPECT_EQ(thrown.exit, ExitCode::usage);
    EXPECT_EQ(thrown.message.find('\n'), std::string::npos);
  }
  EXPECT_NE(output_name_problem(std::string(49, 'a')), "");
  EXPECT_NE(output_name_problem(std::string_view("a\0b", 3)), "");
}

TEST(OutputName, CF9_every_reserved_word_is_refused) {
  for (const ReservedWords& group : reserved_names) {
    std::string word;
    for (const char c : std::string(group.words) + " ") {
      if (c != ' ') {
        word += c;
        continue;
      }
      EXPECT_NE(output_name_problem(word), "") << word;
      word.clear();
    }
  }
}

TEST(OutputName, CF9_equal_names_cannot_be_linked_together) {
  EXPECT_EQ(thrown_by([] { check_output_names({"a", "b", "a"}); }).code, "NAME_INVALID");
  EXPECT_EQ(thrown_by([] { check_output_names({"a", "b"}); }).code, "");
}

TEST(OutputName, the_suggestion_is_always_valid) {
  std::uint64_t state = 7;
  for (int trial = 0; trial < 20000; ++trial) {
    std::string text;
    state = state * 6364136223846793005u + 1442695040888963407u;
    const std::size_t size = state >> 58;
    for (std::size_t i = 0; i < size; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      text += trial % 2 == 0 ? static_cast<char>(state >> 56) : "ab_9k.rt-"[(state >> 33) % 9];
    }
    EXPECT_EQ(output_name_problem(suggest_output_name(text)), "") << suggest_output_name(text);
  }
  for (const std::string_view text : {"", "int", "halide", "vitgen_x", "vg_k", "m", "ViT-B/16"}) {
    EXPECT_EQ(output_name_problem(suggest_output_name(text)), "") << suggest_output_name(text);
  }
  EXPECT_EQ(suggest_output_name("ViT-B/16"), "vit_b_16");
}

// Strings that have broken generators: comment ends, line ends, trigraphs, format strings,
// right-to-left marks, preprocessor lines, shell commands, all bytes.
std::vector<std::string> hostile_labels() {
  std::vector<std::string> labels = {"*/",
                                     "a\nb",
                                     "\?\?/",
                                     "\?\?)",
                                     "\\",
                                     "\"",
                                     "%n%s",
                                     "\xE2\x80\xAE",
                                     "\n#include <x>",
                                     "\";system(\"id\");//",
                                     "\\u0041",
                                     "cat",
                                     "na\xC3\xAFve",
                                     "\xF0\x9F\x98\xB8",
                                     "1\x01"
                                     "2"};
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  labels.push_back(all);
  return labels;
}

/// What a C compiler makes of a literal of the kind written here: octal and one-character escapes.
std::string decoded(std::string_view literal) {
  std::string out;
  for (std::size_t i = 1; i + 1 < literal.size(); ++i) {
    if (literal[i] != '\\') {
      out += literal[i];
    } else if (literal[i + 1] >= '0' && literal[i + 1] <= '7') {
      out += static_cast<char>(std::stoi(std::string(literal.substr(i + 1, 3)), nullptr, 8));
      i += 3;
    } else {
      out += literal[++i];
    }
  }
  return out;
}

TEST(Literals, CF8_c_literals_hold_the_bytes_and_nothing_else) {
  for (const std::string& label : hostile_labels()) {
    const std::string literal = c_string_literal(label);
    EXPECT_EQ(decoded(literal), label);
    EXPECT_EQ(literal.find("\?\?"), std::string::npos) << literal;
    for (const char c : literal) EXPECT_TRUE(c >= 0x20 && c < 0x7F) << literal;
  }
}

TEST(Literals, CF8_json_literals_read_back) {
  for (const std::string& label : hostile_labels()) {
    const std::string literal = json_string_literal(label);
    for (const char c : literal) EXPECT_TRUE(c >= 0x20 && c < 0x7F) << literal;
    const auto parsed = nlohmann::json::parse(literal).get<std::string>();
    const bool valid_utf8 = label.size() != 256;
    EXPECT_TRUE(parsed == label || !valid_utf8) << literal;
  }
}

TEST(Literals, CF8_compilers_of_c_and_cpp_agree) {
  if (std::system("command -v cc c++ >/dev/null 2>&1") != 0) GTEST_SKIP() << "no compiler";
  const testing::Scratch scratch;
  std::string program = "#include <stdio.h>\nint main(void) {\n";
  std::string wanted;
  for (const std::string& label : hostile_labels()) {
    const std::string size = std::to_string(label.size());
    program += "  fwrite(" + c_string_literal(label) + ", 1, " + size + ", stdout);\n";
    wanted += label;
  }
  program += "  return 0;\n}\n";
  const auto run = [&](const std::string& compiler, const std::string& source) {
    const std::string out = scratch.at("out"), exe = scratch.at("exe");
    const std::string flags = " -Wall -Wextra -Werror -trigraphs -o " + exe + " " + source;
    EXPECT_EQ(std::system((compiler + flags + " && " + exe + " > " + out).c_str()), 0);
    std::ifstream file(out, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_EQ(run("cc -std=c99", scratch.write("a.c", program)), wanted);
  EXPECT_EQ(run("cc -std=c11", scratch.write("a.c", program)), wanted);
  EXPECT_EQ(run("c++ -std=c++17", scratch.write("a.cpp", program)), wanted);
}

}  // namespace
}  // namespace vitgen
