#include "tools/emit/object_surgery.h"

#include <gtest/gtest.h>
#include <llvm/Object/ELFObjectFile.h>

#include "generators/base/error.h"
#include "tests/emit/tiny_library.h"
#include "tools/emit/embedded_files.h"

namespace vitgen {
namespace {

using testing::file_text;

std::string kernel_object() {
  return adopt_kernel(file_text(FAKE_KERNEL), "lib", "vitgen_kernel", "lib_k_a__cpu");
}

/// Visibility by the names of global symbols.
std::map<std::string, unsigned> visibility(const std::string& object) {
  const auto file =
      llvm::cantFail(llvm::object::ELF64LEObjectFile::create(llvm::MemoryBufferRef(object, "o")));
  std::map<std::string, unsigned> out;
  for (const llvm::object::ELFSymbolRef symbol : file.symbols()) {
    if (symbol.getBinding() == llvm::ELF::STB_LOCAL) continue;
    out[llvm::cantFail(symbol.getName()).str()] = symbol.getOther() & 3u;
  }
  return out;
}

TEST(ObjectSurgery, A_kernel_keeps_one_global_symbol_and_it_is_hidden) {
  const std::string object = kernel_object();
  EXPECT_EQ(global_symbols(object).defined, (std::set<std::string>{"lib_k_a__cpu"}));
  EXPECT_EQ(visibility(object).at("lib_k_a__cpu"), llvm::ELF::STV_HIDDEN);
}

TEST(ObjectSurgery, A_kernel_needs_the_runtime_of_its_own_library) {
  const auto symbols = visibility(kernel_object());
  EXPECT_EQ(symbols.at("lib_rt_malloc"), llvm::ELF::STV_HIDDEN);
  EXPECT_EQ(symbols.at("lib_rt_do_par_for"), llvm::ELF::STV_HIDDEN);
  for (const auto& [name, bits] : symbols) EXPECT_FALSE(name.starts_with("halide_")) << name;
}

TEST(ObjectSurgery, The_c_librarys_names_stay) {
  EXPECT_TRUE(global_symbols(kernel_object()).undefined.contains("memcpy"));
}

TEST(ObjectSurgery, The_runtime_shows_the_api_and_nothing_else) {
  const std::string object = adopt_runtime(embedded_runtime_object(), "lib");
  EXPECT_TRUE(global_symbols(object).defined.contains("lib_run"));
  EXPECT_TRUE(global_symbols(object).undefined.contains("lib_rt_table"));
  for (const std::string& name : global_symbols(object).defined) {
    EXPECT_TRUE(name.starts_with("lib_")) << name;
    const bool internal = name.starts_with("lib_rt_");
    EXPECT_EQ(visibility(object).at(name),
              internal ? llvm::ELF::STV_HIDDEN : llvm::ELF::STV_DEFAULT)
        << name;
  }
}

TEST(ObjectSurgery, The_runtime_serves_every_call_of_a_kernel) {
  const std::string runtime = adopt_runtime(embedded_runtime_object(), "lib");
  const std::string kernel = kernel_object();
  const auto defined = global_symbols(runtime).defined;
  for (const std::string& name : global_symbols(kernel).undefined) {
    if (name.starts_with("lib_rt_")) {
      EXPECT_TRUE(defined.contains(name)) << name;
    }
  }
}

TEST(ObjectSurgery, A_missing_part_is_named) {
  const std::string kernel = kernel_object();
  try {
    check_complete({kernel}, "lib");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "OBJECT_SURGERY");
    EXPECT_NE(std::string(error.what()).find("lib_rt_"), std::string::npos);
  }
}

TEST(ObjectSurgery, What_is_no_object_is_refused) {
  EXPECT_THROW(global_symbols("not an object file"), Error);
  EXPECT_THROW(adopt_kernel(file_text(FAKE_KERNEL), "lib", "absent", "lib_k"), Error);
}

}  // namespace
}  // namespace vitgen
