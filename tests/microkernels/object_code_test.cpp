// Code put into an object that calls it: linked and run.

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <llvm/IR/IRBuilder.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "generators/base/error.h"
#include "schedules/microkernels/machine_code.h"
#include "tools/emit/kernel_object_code.h"

namespace vitgen {
namespace {

// int value() { return 41; } with a function in front of it, so that the entry is not 0.
microkernels::MachineCode code_of_value() {
  llvm::LLVMContext context;
  const auto module = microkernels::x86_module(context, "code");
  for (const auto& [name, result] : {std::pair("other", 1), std::pair("value", 41)}) {
    auto* type = llvm::FunctionType::get(llvm::Type::getInt32Ty(context), false);
    auto* function = llvm::Function::Create(type, llvm::Function::ExternalLinkage, name, *module);
    function->setDoesNotThrow();
    llvm::IRBuilder<> ir(llvm::BasicBlock::Create(context, "", function));
    ir.CreateRet(ir.getInt32(static_cast<std::uint32_t>(result)));
  }
  return microkernels::machine_code(*module, "x86-64", "value");
}

class ObjectCode : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // An object with `int caller() { return value() + 1; }`.
  std::string caller() const {
    const std::string source = folder_ / "caller.c";
    std::ofstream(source) << "int value(void); int caller(void) { return value() + 1; }\n";
    const std::string object = folder_ / "caller.o";
    EXPECT_EQ(std::system(("cc -O1 -fPIC -c " + source + " -o " + object).c_str()), 0);
    std::ifstream in(object, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(VITGEN_BINARY_DIR) / ("object-code-" + std::to_string(getpid()));
};

TEST_F(ObjectCode, RunsAfterLinking) {
  const microkernels::MachineCode code = code_of_value();
  EXPECT_GT(code.entry, 0u);
  const std::string object = folder_ / "linked.o";
  const std::string library = folder_ / "linked.so";
  std::ofstream(object, std::ios::binary)
      << define_in_object(caller(), "value", code.bytes, code.entry, code.alignment);
  ASSERT_EQ(std::system(("cc -shared -Wl,--no-undefined " + object + " -o " + library).c_str()), 0);
  void* handle = dlopen(library.c_str(), RTLD_NOW);
  ASSERT_TRUE(handle) << dlerror();
  const auto run = reinterpret_cast<int (*)()>(dlsym(handle, "caller"));
  ASSERT_TRUE(run);
  EXPECT_EQ(run(), 42);
  EXPECT_EQ(dlsym(handle, "value"), nullptr) << "the symbol is visible outside";
  dlclose(handle);
}

TEST_F(ObjectCode, ForASymbolThatIsNotNeededIsRefused) {
  EXPECT_THROW(define_in_object(caller(), "nothing", "\xc3", 0, 16), Error);
  EXPECT_THROW(define_in_object("not an object", "value", "\xc3", 0, 16), Error);
}

}  // namespace
}  // namespace vitgen
