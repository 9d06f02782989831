// What the relocatable object shows, needs and contains.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace vitgen::test {
namespace {

using Names = std::set<std::string>;

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  for (char buffer[4096]; pipe != nullptr && fgets(buffer, sizeof buffer, pipe) != nullptr;) {
    text += buffer;
  }
  EXPECT_EQ(pclose(pipe), 0) << command;
  return text;
}

Names lines_of(const std::string& command) {
  Names names;
  std::istringstream text(output_of(command));
  for (std::string line; std::getline(text, line);) names.insert(line);
  return names;
}

const std::string kObject = VITGEN_RUNTIME_OBJECT;

class Symbols : public ::testing::Test {
 protected:
  void SetUp() override {
    if (VITGEN_RUNTIME_OBJECT_IS_PRODUCT == 0) GTEST_SKIP() << "built with ThreadSanitizer";
  }
};

TEST_F(Symbols, shown_are_the_headers_functions_and_halides_services) {
  std::ifstream file(std::string(VITGEN_SOURCE_DIR) + "/runtime/api.h.in");
  std::stringstream header;
  header << file.rdbuf();
  std::string text = std::regex_replace(header.str(), std::regex("/\\*[^]*?\\*/"), "");
  text = std::regex_replace(text, std::regex("static inline[^]*?\\n}\\n"), "");
  Names declared;
  const std::regex function("@NAME@_([a-z0-9_]+)\\(");
  for (std::sregex_iterator i(text.begin(), text.end(), function), end; i != end; ++i) {
    declared.insert("vitgen_api_" + (*i)[1].str());
  }
  Names shown;
  for (const std::string& name :
       lines_of("nm --defined-only --extern-only --format=just-symbols " + kObject)) {
    if (name.starts_with("vitgen_api_"))
      shown.insert(name);
    else
      EXPECT_TRUE(name.starts_with("halide_")) << name;
  }
  EXPECT_GT(declared.size(), 20u);
  EXPECT_EQ(shown, declared);
}

TEST_F(Symbols, needed_are_libc_and_pthread_only) {
  for (const std::string& name : lines_of("nm --undefined-only --format=just-symbols " + kObject)) {
    EXPECT_FALSE(name.starts_with("_Z")) << name;
    EXPECT_FALSE(name.starts_with("__cxa") || name.starts_with("__gxx") ||
                 name.starts_with("_Unwind"))
        << name;
    for (const char* unwanted :
         {"abort", "exit", "_exit", "printf", "fprintf", "puts", "write", "getenv", "secure_getenv",
          "setenv", "signal", "sigaction", "pthread_atfork", "atexit", "__stack_chk_fail",
          "__tls_get_addr", "sched_setaffinity"}) {
      EXPECT_NE(name, unwanted);
    }
  }
}

TEST_F(Symbols, no_constructor_or_thread_local_section) {
  const std::string sections = output_of("readelf --sections --wide " + kObject);
  for (const char* section : {".init_array", ".fini_array", ".ctors", ".dtors", ".tbss", ".tdata",
                              ".group", ".gcc_except_table"}) {
    EXPECT_EQ(sections.find(section), std::string::npos) << section;
  }
  EXPECT_NE(sections.find(".note.GNU-stack"), std::string::npos);
}

TEST_F(Symbols, instructions_are_those_of_every_x86_64) {
  const std::string text = output_of("objdump -d --no-show-raw-insn " + kObject);
  // "  12:\tmov    %rax,%rbx": the word after the tab.
  const std::regex instruction(
      "\\n +[0-9a-f]+:\\t(?:rep[nz]* |lock |data16 |cs |bnd )*([a-z0-9]+)");
  Names mnemonics;
  for (std::sregex_iterator i(text.begin(), text.end(), instruction), end; i != end; ++i) {
    mnemonics.insert((*i)[1].str());
  }
  EXPECT_GT(mnemonics.size(), 50u);
  const std::regex beyond_sse2(
      "v[a-z0-9]+|k(mov|and|or|test)[a-z]+|popcnt|[lt]zcnt|andn|bextr|bls[a-z]+|bzhi|mulx|p(dep|"
      "ext)|"
      "rorx|s[ahr][lr]x|movbe|pshufb|palignr|pabs[bwd]|phadd.*|pmadd(ubsw)|pmulhrsw|psign.|ptest|"
      "blend.*|pblend.*|round[ps][sd]|dp[ps][sd]|extractps|insertps|p(extr|insr)[bdq]|pm(ax|in)(sb|"
      "sd|"
      "ud|uw)|pmov[sz]x.*|pmulld|pmuldq|packusdw|pcmp[eg][qst]q|movntdqa|mpsadbw|addsub.*|hadd.*|"
      "hsub.*|lddqu|movddup|movs[hl]dup|crc32.*|aes.*|pclmul.*|rdrand|rdseed|ad[co]x");
  for (const std::string& mnemonic : mnemonics) {
    EXPECT_FALSE(std::regex_match(mnemonic, beyond_sse2)) << mnemonic;
  }
  EXPECT_EQ(text.find("%ymm"), std::string::npos);
  EXPECT_EQ(text.find("%zmm"), std::string::npos);
}

TEST_F(Symbols, no_path_of_the_build_machine_is_inside) {
  EXPECT_EQ(output_of("strings -a " + kObject).find(VITGEN_SOURCE_DIR), std::string::npos);
}

}  // namespace
}  // namespace vitgen::test
