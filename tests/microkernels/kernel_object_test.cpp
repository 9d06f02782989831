// A kernel with a micro-kernel as an object file: complete, and only where the machine can run it.

#include <gtest/gtest.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/MemoryBuffer.h>
#include <unistd.h>

#include <filesystem>

#include "generators/base/file.h"
#include "generators/ops/linear.h"
#include "tools/emit/kernel.h"

namespace vitgen {
namespace {

const LinearSpec kLinear{197, 64, 96, 48, {true, Activation::gelu_erf, false}, Compute::bf16};

class AmxKernelObject : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  KernelObject compile(std::string instructions) const {
    const OpSpec spec = op_spec(kLinear);
    return compile_kernel({.spec = spec,
                           .machine = "cpu_amx",
                           .choice = choose_default(spec, find_machine("cpu_amx")),
                           .features = "",
                           .instructions = std::move(instructions)},
                          {.object = path_, .assembly = {}, .stmt = {}});
  }

  const std::filesystem::path path_ =
      ::testing::TempDir() + "amx_kernel_" + std::to_string(getpid()) + ".o";
};

TEST_F(AmxKernelObject, DefinesItsMicrokernelAndKnowsItsScratch) {
  const KernelObject kernel = compile("");
  // The sums of one panel for all rows in a task, the rows as bf16 outside.
  EXPECT_GE(kernel.task_scratch, 197u * 48 * 4);
  EXPECT_GE(kernel.shared_scratch, 197u * 64 * 2);
  const std::string bytes = read_whole(path_.string(), 1u << 24);
  const auto file = llvm::cantFail(
      llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(bytes, "kernel")));
  int definitions = 0;
  for (const llvm::object::SymbolRef& symbol : file->symbols()) {
    if (llvm::cantFail(symbol.getName()) != "vitgen_microkernel") continue;
    EXPECT_EQ(llvm::cantFail(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined, 0u);
    ++definitions;
  }
  EXPECT_EQ(definitions, 1);
}

TEST_F(AmxKernelObject, IsRefusedForInstructionsWithoutTiles) {
  EXPECT_THROW(compile("cpu_avx2"), Error);
}

}  // namespace
}  // namespace vitgen
