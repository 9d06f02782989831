// The bf16 tile product: its numbers with emulated tiles on any CPU, its code for the CPUs that
// have tiles, and its numbers there.

#include "schedules/microkernels/tile_product.h"

#include <cpuid.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <regex>

#include "schedules/microkernels/machine_code.h"
#include "tests/microkernels/emulator/emulated_stage.h"
#include "tests/microkernels/emulator/tile_emulator.h"
#include "tests/microkernels/tile_problem.h"

namespace vitgen {
namespace {

using microkernels::TileProduct;
using microkernels::TileUnit;

constexpr const char* kCpu = "sapphirerapids";

std::vector<TileProduct> edge_shapes() {
  std::vector<TileProduct> shapes;
  for (const int rows : {1, 5, 15, 16, 17, 32, 33, 63, 197}) {
    for (const int columns : {16, 32, 48, 96}) shapes.push_back({rows, 64, columns});
  }
  for (const int k : {32, 768}) {
    for (const int columns : {32, 48, 96}) shapes.push_back({17, k, columns});
  }
  shapes.push_back({197, 768, 48});
  return shapes;
}

std::string text(const TileProduct& shape) {
  return std::to_string(shape.rows) + "x" + std::to_string(shape.k) + "x" +
         std::to_string(shape.columns);
}

TEST(TileProduct, IsExactOnIntegersWithEmulatedTiles) {
  for (const TileProduct& shape : edge_shapes()) {
    SCOPED_TRACE(text(shape));
    const emulator::EmulatedProduct code(shape);
    for (const auto rows : {TileProblem::Rows::in_groups, TileProblem::Rows::whole}) {
      TileProblem problem(shape, rows);
      problem.run(code.product());
      EXPECT_EQ(emulator::take_fault(), "");
      EXPECT_EQ(problem.wrong_elements(), 0);
    }
  }
}

TEST(TileEmulator, RefusesWhatTheProcessorRefuses) {
  const auto functions = emulator::tile_functions();
  const auto products = reinterpret_cast<void (*)(std::uint8_t, std::uint8_t, std::uint8_t)>(
      functions.at("vitgen_tile_tdpbf16ps"));
  products(0, 1, 2);
  EXPECT_NE(emulator::take_fault(), "");
  EXPECT_EQ(emulator::take_fault(), "");
}

std::string assembly_of(const TileProduct& shape) {
  llvm::LLVMContext context;
  const auto module = microkernels::x86_module(context, "tiles");
  microkernels::define_tile_product(*module, "product", shape, TileUnit::instructions);
  return microkernels::assembly(*module, kCpu);
}

int count(const std::string& text, const std::string& word) {
  int found = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++found;
  return found;
}

// Bodies of the loops that contain no other loop: from a label to a jump back to it with no label
// in between.
std::vector<std::string> innermost_loops(const std::string& code) {
  static const std::regex loop(R"((\.LBB\d+_\d+):((?:(?!\.LBB\d+_\d+:)[\s\S])*?)\bj[a-z]+\s+\1\b)");
  std::vector<std::string> bodies;
  for (std::sregex_iterator at(code.begin(), code.end(), loop), end; at != end; ++at) {
    bodies.push_back((*at)[2]);
  }
  return bodies;
}

TEST(TileProduct, KeepsItsSumsInTilesWhileItAdds) {
  for (const TileProduct& shape : {TileProduct{197, 768, 48}, TileProduct{5, 64, 96}}) {
    SCOPED_TRACE(text(shape));
    const std::string code = assembly_of(shape);
    int loops = 0;
    for (const std::string& body : innermost_loops(code)) {
      const int products = count(body, "tdpbf16ps");
      if (products == 0) continue;
      ++loops;
      EXPECT_EQ(count(body, "tilestored"), 0);
      // Two tiles of a and two of b for four products, one more tile than products else.
      EXPECT_EQ(count(body, "tileloadd"), products == 4 ? 4 : products + 1) << body;
      EXPECT_EQ(count(body, "rsp"), 0) << body;
    }
    EXPECT_GE(loops, 2) << code;
    EXPECT_EQ(count(code, "ldtilecfg"), shape.rows > 32 ? 2 : 1);
  }
}

TEST(TileProduct, CompilesToCodeWithoutRelocations) {
  llvm::LLVMContext context;
  const auto module = microkernels::x86_module(context, "tiles");
  microkernels::define_tile_product(*module, "product", {33, 64, 48}, TileUnit::instructions);
  const microkernels::MachineCode code = microkernels::machine_code(*module, kCpu, "product");
  EXPECT_FALSE(code.bytes.empty());
  EXPECT_EQ(code.entry, 0u);
}

TEST(MachineCode, ThatNeedsARelocationIsRefused) {
  llvm::LLVMContext context;
  const auto module = microkernels::x86_module(context, "tiles");
  microkernels::define_tile_product(*module, "product", {16, 32, 16}, TileUnit::calls);
  EXPECT_THROW(microkernels::machine_code(*module, kCpu, "product"), std::runtime_error);
}

// CPUID says what the CPU has, and the kernel gives a process the tiles' state on request.
bool tiles_are_usable() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned kBf16 = 1u << 22;
  constexpr unsigned kTile = 1u << 24;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  if ((edx & kBf16) == 0 || (edx & kTile) == 0) return false;
  constexpr long kRequestPermission = 0x1023;
  constexpr long kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

TEST(TileProduct, IsExactOnIntegersInRealTiles) {
  if (!tiles_are_usable()) GTEST_SKIP() << "not run: this CPU or system has no AMX tiles";
  for (const TileProduct& shape : edge_shapes()) {
    SCOPED_TRACE(text(shape));
    llvm::LLVMContext context;
    const auto module = microkernels::x86_module(context, "tiles");
    microkernels::define_tile_product(*module, "product", shape, TileUnit::instructions);
    const auto code = microkernels::machine_code(*module, kCpu, "product");
    void* memory = mmap(nullptr, code.bytes.size(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    std::memcpy(memory, code.bytes.data(), code.bytes.size());
    ASSERT_EQ(mprotect(memory, code.bytes.size(), PROT_READ | PROT_EXEC), 0);
    const auto entry = static_cast<char*>(memory) + code.entry;
    TileProblem problem(shape, TileProblem::Rows::in_groups);
    problem.run(reinterpret_cast<emulator::ProductFunction>(entry));
    EXPECT_EQ(problem.wrong_elements(), 0);
    munmap(memory, code.bytes.size());
  }
}

}  // namespace
}  // namespace vitgen
