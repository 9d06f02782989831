// Kernels for GPUs in a library: the table as the runtime reads it, the code in the archive, and
// what the manifest and the README say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <llvm/Object/ELFObjectFile.h>

#include <cstring>
#include <functional>
#include <map>

#include "generators/base/error.h"
#include "runtime/table.h"
#include "tests/emit/tiny_library.h"
#include "tools/emit/code_modules.h"
#include "tools/emit/manifest.h"
#include "tools/emit/table.h"

namespace vitgen {
namespace {

using testing::file_text;
using testing::ScratchDirectory;
using testing::tiny_device_kernel;
using testing::tiny_gpu_request;

/// An object of data as a linker leaves it. What it needs of others is one byte each, at a place of
/// its own.
class LinkedTable {
 public:
  explicit LinkedTable(const LibraryRequest& request) {
    TableFacts facts;
    facts.abi_hash = std::string(64, 'd');
    facts.layout = weights_layout(request.plans[0].weights);
    const std::string bytes = table_object(request, facts);
    const auto file = llvm::cantFail(
        llvm::object::ELF64LEObjectFile::create(llvm::MemoryBufferRef(bytes, "table")));
    for (const auto& section : file.sections()) {
      if (llvm::cantFail(section.getName()) != ".data.rel.ro") continue;
      const llvm::StringRef content = llvm::cantFail(section.getContents());
      memory_.resize(content.size() / sizeof(std::uint64_t) + 1);
      std::memcpy(memory_.data(), content.data(), content.size());
    }
    for (const auto& section : file.sections()) {
      for (const auto& relocation : section.relocations()) relocate(relocation);
    }
  }

  /// The table is the first thing in its section.
  const vitgen_table& table() const {
    return *reinterpret_cast<const vitgen_table*>(memory_.data());
  }
  std::string symbol_at(const void* place) const {
    for (const auto& [name, own] : symbols_) {
      if (own.get() == place) return name;
    }
    return {};
  }

 private:
  void relocate(const llvm::object::ELFRelocationRef& relocation) {
    const std::string name = llvm::cantFail(relocation.getSymbol()->getName()).str();
    const auto addend = static_cast<std::uint64_t>(llvm::cantFail(relocation.getAddend()));
    const bool inside = name.empty() || name == ".data.rel.ro";
    auto& own = symbols_[name];
    if (!own) own = std::make_unique<char>();
    const void* base = inside ? static_cast<const void*>(memory_.data()) : own.get();
    const std::uint64_t value = reinterpret_cast<std::uint64_t>(base) + addend;
    std::memcpy(reinterpret_cast<char*>(memory_.data()) + relocation.getOffset(), &value,
                sizeof value);
  }

  std::vector<std::uint64_t> memory_;
  std::map<std::string, std::unique_ptr<char>> symbols_;
};

microkernels::TensorMap read_map(const vitgen_tensor_map& map) {
  microkernels::TensorMap read{.element_bytes = static_cast<int>(map.element_bytes),
                               .swizzle_bytes = static_cast<int>(map.swizzle_bytes),
                               .axes = {}};
  for (std::uint32_t d = 0; d < map.dims; ++d) {
    read.axes.push_back({map.extents[d], map.strides[d], map.box[d]});
  }
  return read;
}

DeviceLaunch read_launch(const vitgen_launch& launch) {
  DeviceLaunch read;
  read.entry = launch.entry;
  std::ranges::copy(launch.grid, read.grid.begin());
  std::ranges::copy(launch.block, read.block.begin());
  read.shared_bytes = launch.shared_bytes;
  for (std::uint32_t a = 0; a < launch.argument_count; ++a) {
    const vitgen_launch_argument& argument = launch.arguments[a];
    read.arguments.push_back({.kind = static_cast<LaunchArgumentKind>(argument.kind),
                              .bytes = argument.bytes,
                              .index = static_cast<int>(argument.index),
                              .value = argument.value});
    if (argument.map != nullptr) read.arguments.back().map = read_map(*argument.map);
  }
  return read;
}

TEST(TableDevice, HoldsTheLaunchesOfAGpuBesideTheFunctionsOfACpu) {
  const LinkedTable linked(tiny_gpu_request("tiny", ""));
  const vitgen_table& table = linked.table();
  ASSERT_EQ(table.isa_count, 4u);
  EXPECT_STREQ(table.isas[0].name, "cuda-sm90");
  EXPECT_EQ(table.isas[0].capability, 90u);
  EXPECT_EQ(table.isas[0].only_capability, 90u);
  EXPECT_EQ(table.isas[1].capability, 80u);
  EXPECT_EQ(table.isas[1].only_capability, 0u);
  EXPECT_EQ(table.isas[3].capability, 0u);
  for (std::uint32_t k = 0; k < table.kernel_count; ++k) {
    const vitgen_kernel& kernel = table.kernels[k];
    for (const std::uint32_t gpu : {0u, 1u}) {
      EXPECT_EQ(kernel.functions[gpu], nullptr);
      const vitgen_device_kernel& device = *kernel.device[gpu];
      EXPECT_EQ(device.scratch_bytes, 256u);  // 200, rounded up to the alignment
      const DeviceKernel wanted = tiny_device_kernel();
      ASSERT_EQ(device.launch_count, wanted.launches.size());
      for (std::uint32_t l = 0; l < device.launch_count; ++l) {
        EXPECT_EQ(read_launch(device.launches[l]), wanted.launches[l]);
      }
    }
    for (const std::uint32_t cpu : {2u, 3u}) {
      EXPECT_NE(kernel.functions[cpu], nullptr);
      EXPECT_EQ(kernel.device[cpu], nullptr);
    }
  }
}

TEST(TableDevice, IsNullWhereNoMachineIsAGpu) {
  const LinkedTable linked(testing::tiny_request("tiny", ""));
  EXPECT_EQ(linked.table().kernels[0].device, nullptr);
}

TEST(TableDevice, EqualKernelsAreStoredOnce) {
  const LinkedTable linked(tiny_gpu_request("tiny", ""));
  const vitgen_table& table = linked.table();
  const vitgen_device_kernel* first = table.kernels[0].device[0];
  for (std::uint32_t k = 0; k < table.kernel_count; ++k) {
    EXPECT_EQ(table.kernels[k].device[0], first);
    EXPECT_EQ(table.kernels[k].device[1], first);
  }
  ASSERT_EQ(first->code_count, 1u);
  EXPECT_EQ(first->codes[0].is_cubin, 0u);
  EXPECT_EQ(first->codes[0].capability, 80u);
  EXPECT_EQ(first->codes[0].size, tiny_device_kernel().ptx.size() + 1);
  EXPECT_EQ(linked.symbol_at(first->codes[0].bytes), "tiny_k_linear_f32_1x8x5__cuda_sm90_ptx");
}

/// Each row with device code of its own, as an assembler makes it.
LibraryRequest assembled(const std::string& directory) {
  LibraryRequest request = tiny_gpu_request("tiny", directory);
  request.assembler = "ptxas 1.2";
  for (LibraryKernel& kernel : request.kernels) {
    for (const std::size_t m : {0u, 1u}) {
      kernel.variants[m].device->cubin = m == 0 ? "code of 9.0" : "code of 8.0";
    }
  }
  return request;
}

TEST(TableDevice, CubinsComeBeforeThePtxThatTheyShare) {
  const LinkedTable linked(assembled(""));
  const vitgen_device_kernel& sm90 = *linked.table().kernels[0].device[0];
  const vitgen_device_kernel& sm80 = *linked.table().kernels[0].device[1];
  for (const vitgen_device_kernel* device : {&sm90, &sm80}) {
    ASSERT_EQ(device->code_count, 2u);
    EXPECT_EQ(device->codes[0].is_cubin, 1u);
    EXPECT_EQ(device->codes[0].size, std::strlen("code of 9.0"));
    EXPECT_EQ(device->codes[1].is_cubin, 0u);
  }
  EXPECT_EQ(sm90.codes[0].capability, 90u);
  EXPECT_EQ(sm80.codes[0].capability, 80u);
  EXPECT_NE(sm90.codes[0].bytes, sm80.codes[0].bytes);
  EXPECT_EQ(sm90.codes[1].bytes, sm80.codes[1].bytes);
}

TEST(TableDevice, CodeOfKernelsThatDifferIsNotShared) {
  LibraryRequest request = tiny_gpu_request("tiny", "");
  request.kernels[1].variants[1].device->kernel.ptx += "// other\n";
  request.kernels[2].variants[1].device->kernel.launches[0].grid[0] = 5;
  const DeviceCodes codes = device_codes(request);
  EXPECT_EQ(codes.list.size(), 2u);
  const LinkedTable linked(request);
  const vitgen_kernel* kernels = linked.table().kernels;
  EXPECT_NE(kernels[1].device[1], kernels[0].device[1]);
  EXPECT_NE(kernels[2].device[1], kernels[0].device[1]);
  EXPECT_EQ(kernels[2].device[1]->codes[0].bytes, kernels[0].device[1]->codes[0].bytes);
}

LibraryFiles emit(const LibraryRequest& request) {
  SilentProgress progress;
  return emit_library(request, progress);
}

TEST(GpuLibrary, ManifestTellsCodeLaunchesAndAssembler) {
  const ScratchDirectory directory;
  emit(assembled(directory.path()));
  const Json manifest = read_manifest(directory.path()).root;
  EXPECT_EQ(manifest["generator"]["assembler"], "ptxas 1.2");
  EXPECT_EQ(manifest["machines"][0]["only_capability"], 90);
  EXPECT_EQ(manifest["machines"][1]["capability"], 80);
  EXPECT_FALSE(manifest["machines"][2].contains("capability"));
  const Json& variant = manifest["kernels"][3]["variants"][1];
  EXPECT_FALSE(variant.contains("object"));
  EXPECT_EQ(variant["device"]["launches"], 2);
  EXPECT_EQ(variant["device"]["scratch"], 200);
  const Json& codes = variant["device"]["codes"];
  ASSERT_EQ(codes.size(), 2u);
  EXPECT_EQ(codes[0]["kind"], "cubin");
  EXPECT_EQ(codes[1]["kind"], "ptx");
  EXPECT_EQ(codes[1]["name"], "linear_f32_1x8x5__cuda_sm90.ptx.o");  // of the first that has it
  EXPECT_EQ(codes[1]["sha256"], sha256_hex(tiny_device_kernel().ptx));
}

TEST(GpuLibrary, ReadmeSaysWhatAGpuIsNeededFor) {
  const ScratchDirectory directory;
  const auto readme = [&](const LibraryRequest& request) {
    emit(request);
    return file_text(directory.path("tiny.README.md"));
  };
  EXPECT_EQ(readme(testing::tiny_request("tiny", directory.path())).find("GPU"), std::string::npos);
  EXPECT_NE(readme(tiny_gpu_request("tiny", directory.path())).find("the CPU's variant serves"),
            std::string::npos);
  LibraryRequest gpu_only = tiny_gpu_request("tiny", directory.path());
  gpu_only.machines.resize(2);
  for (LibraryKernel& kernel : gpu_only.kernels) kernel.variants.resize(2);
  const std::string text = readme(gpu_only);
  EXPECT_NE(text.find("without a GPU\nit cannot be opened."), std::string::npos) << text;
  EXPECT_NE(text.find("and a GPU with its driver"), std::string::npos);
}

TEST(GpuLibrary, TwoGenerationsAreByteIdenticalAndLaunchesCountInTheAbiHash) {
  const ScratchDirectory first, second, third;
  const LibraryFiles files = emit(assembled(first.path()));
  emit(assembled(second.path()));
  for (const std::string& name : files.names) {
    EXPECT_EQ(file_text(first.path(name)), file_text(second.path(name))) << name;
  }
  LibraryRequest other = assembled(third.path());
  other.kernels[0].variants[0].device->kernel.launches[1].shared_bytes += 1;
  emit(other);
  EXPECT_NE(read_manifest(first.path()).root["abi_hash"],
            read_manifest(third.path()).root["abi_hash"]);
}

std::string error_of(const LibraryRequest& request) {
  try {
    emit(request);
  } catch (const Error& error) {
    return error.code() + std::string(": ") + error.what();
  }
  return "none";
}

TEST(GpuLibrary, KernelsThatDoNotFitTheirMachineAreRefused) {
  const ScratchDirectory directory;
  LibraryRequest request = tiny_gpu_request("tiny", directory.path());
  request.kernels[0].variants[0].device.reset();
  EXPECT_THAT(error_of(request), ::testing::HasSubstr("another kind of kernel"));
  request = tiny_gpu_request("tiny", directory.path());
  request.kernels[0].variants[1].device->kernel.launches.clear();
  EXPECT_THAT(error_of(request), ::testing::HasSubstr("no launch"));
  request = tiny_gpu_request("tiny", directory.path());
  request.kernels[0].variants[1].device->kernel.launches[0].arguments[0].index = 3;
  EXPECT_THAT(error_of(request), ::testing::HasSubstr("LIBRARY_REQUEST: "));
}

TEST(GpuLibrary, TensorMapsThatNoDriverEncodesAreRefused) {
  const ScratchDirectory directory;
  const auto refused = [&](const std::function<void(LaunchArgument&)>& change) {
    LibraryRequest request = tiny_gpu_request("tiny", directory.path());
    change(request.kernels[0].variants[0].device->kernel.launches[1].arguments[2]);
    return error_of(request).find("a tensor map that no driver encodes") != std::string::npos;
  };
  EXPECT_FALSE(refused([](LaunchArgument&) {}));
  EXPECT_TRUE(refused([](LaunchArgument& a) { a.value = 8; }));
  EXPECT_TRUE(refused([](LaunchArgument& a) { a.map.reset(); }));
  EXPECT_TRUE(refused([](LaunchArgument& a) { a.kind = LaunchArgumentKind::operand; }));
  EXPECT_TRUE(refused([](LaunchArgument& a) { a.bytes = 64; }));
  EXPECT_TRUE(refused([](LaunchArgument& a) { a.map->axes.clear(); }));
  EXPECT_TRUE(refused([](LaunchArgument& a) { a.map->axes.resize(6, {1, 16, 1}); }));
  EXPECT_TRUE(refused([](LaunchArgument& a) { a.map->swizzle_bytes = 96; }));
  EXPECT_TRUE(refused([](LaunchArgument& a) { a.map->axes[0].box = 72; }));  // beyond the swizzle
  EXPECT_TRUE(refused([](LaunchArgument& a) { a.map->axes[0].box = 60; }));  // half a chunk
  EXPECT_TRUE(refused([](LaunchArgument& a) { a.map->axes[0].stride_bytes = 4; }));
  EXPECT_TRUE(refused([](LaunchArgument& a) { a.map->axes[1].stride_bytes = 152; }));
  EXPECT_TRUE(refused([](LaunchArgument& a) { a.map->axes[1].extent = 0; }));
  EXPECT_TRUE(refused([](LaunchArgument& a) { a.map->axes[2].box = 257; }));
}

}  // namespace
}  // namespace vitgen
