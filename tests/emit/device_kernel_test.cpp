// Kernels for GPUs from request to file: lowered, taken apart, assembled where there is ptxas.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "generators/base/error.h"
#include "generators/base/file.h"
#include "generators/ops/attention.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "tests/emit/in_worker.h"
#include "tests/emit/tiny_library.h"
#include "tools/emit/assembler.h"
#include "tools/emit/device_file.h"
#include "tools/emit/kernel_farm.h"
#include "tools/emit/kernel_record.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using testing::file_text;
using testing::ScratchDirectory;

KernelRequest request_for(const OpSpec& spec, const std::string& machine, bool fallback) {
  return {.spec = spec,
          .machine = machine,
          .choice = fallback ? Choice{"fallback", {}} : choose_default(spec, find_machine(machine)),
          .features = {},
          .instructions = {}};
}

// With tails: a row and a column past the last whole tile.
std::vector<OpSpec> sample_specs() {
  const Epilogue gelu{.bias = true, .activation = Activation::gelu_erf, .residual = true};
  return {op_spec(LinearSpec{.rows = 5, .k = 19, .n = 33, .panel = 48, .epilogue = gelu}),
          op_spec(LayerNormSpec{.rows = 3, .width = 20, .eps = 1e-6f}),
          op_spec(AttentionSpec{
              .batch = 1, .tokens = 5, .heads = 2, .head_size = 6, .scale = 0.40824829f})};
}

/// Compiled in a process of its own, as the product does, so that names are numbered alike.
CompiledDeviceKernel compiled(const KernelRequest& request) {
  const ScratchDirectory directory;
  testing::in_worker([&](pid_t) {
    compile_kernel(request, {.object = directory.path("kernel"),
                             .assembly = directory.path("ptx"),
                             .stmt = directory.path("stmt")});
  });
  CompiledDeviceKernel kernel = parse_device_file(file_text(directory.path("kernel")));
  EXPECT_EQ(file_text(directory.path("ptx")), kernel.kernel.ptx);
  EXPECT_NE(file_text(directory.path("stmt")), "");
  return kernel;
}

TEST(DeviceKernel, OfEverySampleWritesItsOutputAndAssembles) {
  const std::string ptxas = VITGEN_PTXAS;
  for (const OpSpec& spec : sample_specs()) {
    for (const bool fallback : {false, true}) {
      SCOPED_TRACE(spec.text() + (fallback ? " by fallback" : ""));
      const DeviceKernel kernel = compiled(request_for(spec, "cuda_sm80", fallback)).kernel;
      const int output = static_cast<int>(operands(spec).size()) - 1;
      ASSERT_FALSE(kernel.launches.empty());
      EXPECT_TRUE(std::ranges::any_of(kernel.launches.back().arguments, [&](const auto& each) {
        return each.kind == LaunchArgumentKind::operand && each.index == output;
      }));
      if (ptxas.empty()) continue;
      for (const char* row : {"cuda_sm80", "cuda_sm90"}) {
        const AssembledCode code = assemble(ptxas, kernel.ptx, find_machine(row));
        EXPECT_THAT(code.cubin, ::testing::StartsWith("\x7f"
                                                      "ELF"));
        EXPECT_GE(code.reports.size(), 1u);
        for (const AssemblerReport& each : code.reports) EXPECT_GT(each.registers, 0);
      }
    }
  }
  if (ptxas.empty()) GTEST_SKIP() << "not assembled: there is no ptxas";
}

TEST(DeviceKernel, OfTheSameScheduleIsTheSameOnBothRows) {
  const OpSpec spec = sample_specs()[1];
  EXPECT_EQ(compiled(request_for(spec, "cuda_sm80", true)),
            compiled(request_for(spec, "cuda_sm90", true)));
}

TEST(DeviceKernel, OfTheFallbackKeepsWhatItsLaunchesShareInScratch) {
  const OpSpec spec = sample_specs()[1];
  const DeviceKernel kernel = compiled(request_for(spec, "cuda_sm80", true)).kernel;
  EXPECT_GT(kernel.launches.size(), 1u);
  EXPECT_GT(kernel.scratch_bytes, 0u);
  EXPECT_EQ(kernel.scratch_bytes % 128, 0u);
}

/// A program that behaves as the assembler does.
std::string fake_assembler(const ScratchDirectory& directory, const std::string& action) {
  const std::string path = directory.path("ptxas");
  std::ofstream(path) << "#!/bin/sh\nif [ \"$1\" = --version ]; then\n"
                         "echo 'Cuda compilation tools, release 1.2, V1.2.34'; exit; fi\n"
                      << action << "\n";
  fs::permissions(path, fs::perms::owner_all);
  return path;
}

TEST(Assembler, SaysItsVersionAndWhatItRefuses) {
  const ScratchDirectory directory;
  const std::string path =
      fake_assembler(directory,
                     "echo 'ptxas info    : fine'; echo 'line 3: no such instruction'; echo more; "
                     "exit 255");
  EXPECT_EQ(assembler_at(path).version, "ptxas 1.2.34");
  EXPECT_EQ(assembler_at("/bin/true").path, "");
  try {
    assemble(path, "code", find_machine("cuda_sm90"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "KERNEL_ASSEMBLER");
    EXPECT_EQ(error.exit(), ExitCode::internal);
    EXPECT_STREQ(error.what(),
                 "the assembler refuses the code for sm_90a: line 3: no such instruction");
  }
}

TEST(Assembler, IsAskedForTheRowsOwnDevices) {
  EXPECT_EQ(architecture(find_machine("cuda_sm80")), "sm_80");
  EXPECT_EQ(architecture(find_machine("cuda_sm90")), "sm_90a");
}

constexpr const char* kWords =
    "ptxas info    : 0 bytes gmem\n"
    "ptxas info    : Compiling entry function 'first' for 'sm_80'\n"
    "ptxas info    : Function properties for first\n"
    "    24 bytes stack frame, 16 bytes spill stores, 20 bytes spill loads\n"
    "ptxas info    : Used 255 registers, used 1 barriers, 4096 bytes smem, 380 bytes cmem[0]\n"
    "ptxas info    : Compiling entry function 'second' for 'sm_80'\n"
    "ptxas info    : Function properties for second\n"
    "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
    "ptxas info    : Used 12 registers, 380 bytes cmem[0]\n"
    "ptxas info    : (C7510) Potential Performance Loss: products wait in function 'second'\n";

constexpr const char* kLoss =
    "ptxas info    : (C7510) Potential Performance Loss: products wait in function 'second'\n";

TEST(AssemblerReport, IsOneAnEntryWithEveryNumber) {
  const std::vector<AssemblerReport> expected = {
      {.entry = "first",
       .registers = 255,
       .stack_bytes = 24,
       .spill_bytes = 36,
       .shared_bytes = 4096,
       .losses = kLoss},
      {.entry = "second", .registers = 12, .losses = kLoss}};
  EXPECT_EQ(assembler_reports(kWords), expected);
}

TEST(AssemblerReport, ThatLacksANumberIsAnErrorAndOfALibraryNothingIsKnown) {
  std::string words = kWords;
  words.replace(words.find("Used 12"), 4, "Took");
  try {
    assembler_reports(words);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "ASSEMBLER_REPORT");
  }
  const ScratchDirectory directory;
  std::ofstream(directory.path("words")) << words;
  const std::string path =
      fake_assembler(directory, "echo code > \"$4\"; cat " + directory.path("words"));
  EXPECT_EQ(assemble(path, "ptx", find_machine("cuda_sm80")).reports.size(), 0u);
  std::ofstream(directory.path("words")) << kWords;
  EXPECT_EQ(assemble(path, "ptx", find_machine("cuda_sm80")).reports.size(), 2u);
}

TEST(KernelWorker, AddsTheCubinThatTheRequestAsksFor) {
  const ScratchDirectory directory;
  const std::string path = fake_assembler(directory, "echo \"cubin $1\" > \"$4\"");
  KernelRequest request = request_for(sample_specs()[1], "cuda_sm80", true);
  request.assembler = assembler_at(path).version;
  std::ofstream(directory.path("request")) << request.text();
  testing::in_worker([&](pid_t) {
    run_kernel_worker(directory.path("request"), directory.path("kernel.o"), path);
  });
  EXPECT_TRUE(read_record(directory.path("kernel.o")));
  EXPECT_EQ(parse_device_file(file_text(directory.path("kernel.o"))).cubin, "cubin -arch=sm_80\n");
}

TEST(KernelRequest, NamesTheAssemblerOnlyWhereThereIsOne) {
  const KernelRequest plain = request_for(sample_specs()[0], "cuda_sm80", false);
  EXPECT_EQ(plain.text().find("assembler"), std::string::npos);
  KernelRequest assembled = plain;
  assembled.assembler = "ptxas 1.2";
  EXPECT_EQ(KernelRequest::parse(assembled.text()).assembler, "ptxas 1.2");
  EXPECT_NE(assembled.hash(), plain.hash());
  EXPECT_NE(assembled.cache_key(), plain.cache_key());
}

}  // namespace
}  // namespace vitgen
