// Bulk tensor copies and memory barriers: what arrives where and when, and what is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ptx/program_text.h"
#include "tests/ptx/tensor_map.h"

namespace vitgen::ptx {
namespace {

using ::testing::HasSubstr;

constexpr std::uint32_t kWords = 256;  ///< of the stage, 1024 bytes
constexpr std::uint32_t kThreads = 64;
constexpr std::uint64_t kTensor = 0x20000;
constexpr int kWidth = 72, kUsed = 70, kHeight = 9;  ///< elements of a row, those inside, rows

/// A row is 144 bytes; its last two elements lie beyond the tensor's edge.
TensorMap plane() {
  return {.dims = 2,
          .element_bytes = 2,
          .swizzle_bytes = 128,
          .address = kTensor,
          .strides = {2 * kWidth},
          .extents = {kUsed, kHeight},
          .box = {64, 8}};
}

constexpr const char* kCopy =
    "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r8], 1024;\n"
    "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes "
    "[%r9], [%rd1, {%r4, %r5}], [%r8];\n";
constexpr const char* kWait =
    "again:\nmbarrier.try_wait.parity.shared::cta.b64 %p2, [%r8], 0;\n@!%p2 bra again;\n";

/// Thread 0 makes a barrier and copies; then each thread waits, and writes its words of the stage.
struct Program {
  std::string make = "mbarrier.init.shared::cta.b64 [%r8], 1;\n";
  std::string fence = "fence.mbarrier_init.release.cluster;\n";
  std::string meet = "bar.sync 0;\n";
  std::string copy = kCopy;
  std::string wait = kWait;

  std::string text() const {
    return ".version 8.0\n.target sm_90a\n.address_size 64\n"
           ".extern .shared .align 1024 .b8 memory[];\n"
           ".visible .entry kernel(.param .align 64 .b8 map[128], .param .u64 out)\n{\n"
           ".reg .pred %p<4>;\n.reg .b32 %r<16>;\n.reg .b64 %rd<6>;\n"
           "mov.u32 %r0, %tid.x;\nmov.u32 %r9, memory;\nadd.u32 %r8, %r9, 2048;\n"
           "mov.b64 %rd1, map;\ncvta.param.u64 %rd1, %rd1;\nmov.u32 %r4, 16;\nmov.u32 %r5, 4;\n"
           "mov.u32 %r6, 0;\nsetp.ne.u32 %p1, %r0, 0;\n@%p1 bra made;\nprefetch.tensormap "
           "[%rd1];\n" +
           make + fence + "made:\n" + meet + "@%p1 bra begun;\n" + copy + "begun:\n" + wait +
           "ld.param.u64 %rd2, [out];\nmov.u32 %r1, %r0;\nnext:\nmad.lo.u32 %r2, %r1, 4, %r9;\n"
           "ld.shared.b32 %r3, [%r2];\nmad.wide.u32 %rd3, %r1, 4, %rd2;\nst.global.b32 [%rd3], "
           "%r3;\nadd.u32 %r1, %r1, 64;\nsetp.lt.u32 %p3, %r1, 256;\n@%p3 bra next;\nret;\n}\n";
  }
};

std::uint16_t element(int row, int column) {
  return static_cast<std::uint16_t>(100 * row + column + 1);
}

/// The stage after the program.
std::vector<std::uint16_t> run_copy(const Program& program, const TensorMap& map) {
  std::vector<std::uint16_t> tensor(std::size_t{kWidth} * kHeight), stage(2 * kWords);
  for (int row = 0; row < kHeight; ++row) {
    for (int column = 0; column < kWidth; ++column) {
      tensor[static_cast<std::size_t>(row * kWidth + column)] = element(row, column);
    }
  }
  Memory memory;
  memory.add_constant(kTensor, std::as_bytes(std::span(tensor)));
  memory.add(kArray, std::as_writable_bytes(std::span(stage)));
  const void* parameters[] = {&map, &kArray};
  run(parse(program.text()),
      {.entry = "kernel",
       .block = {kThreads, 1, 1},
       .shared_bytes = 2064,
       .parameters = parameters,
       .block_budget = 1'000'000},
      memory);
  return stage;
}

std::string copy_error(const Program& program, const TensorMap& map = plane()) {
  try {
    run_copy(program, map);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

/// Where an element of a row of 64 lies in a stage.
std::size_t place(int row, int column) {
  return static_cast<std::size_t>(row * 64 + ((column / 8) ^ (row % 8)) * 8 + column % 8);
}

TEST(BulkCopy, BringsABoxSwizzledWithZerosBeyondTheTensorsEdges) {
  const std::vector<std::uint16_t> stage = run_copy({}, plane());
  for (int row = 0; row < 8; ++row) {
    for (int column = 0; column < 64; ++column) {
      const bool inside = row + 4 < kHeight && column + 16 < kUsed;
      ASSERT_EQ(stage[place(row, column)], inside ? element(row + 4, column + 16) : 0);
    }
  }
}

TEST(BulkCopy, BeginsBeforeTheTensorWithZeros) {
  Program program;
  program.copy = "mov.u32 %r4, -3;\nmov.u32 %r5, -1;\n" + program.copy;
  const std::vector<std::uint16_t> stage = run_copy(program, plane());
  EXPECT_EQ(stage[place(0, 5)], 0);
  EXPECT_EQ(stage[place(1, 2)], 0);
  EXPECT_EQ(stage[place(1, 3)], element(0, 0));
}

// Rows of a box count up along its second dimension first.
TEST(BulkCopy, TakesPairsOfRowsThatAreApart) {
  const TensorMap pairs{.dims = 3,
                        .element_bytes = 2,
                        .swizzle_bytes = 128,
                        .address = kTensor,
                        .strides = {2 * kWidth, 8 * kWidth},
                        .extents = {64, 4, 2},
                        .box = {64, 2, 4}};
  Program program;
  program.copy =
      "mov.u32 %r4, 0;\nmov.u32 %r5, 2;\n"
      "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r8], 1024;\n"
      "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes "
      "[%r9], [%rd1, {%r4, %r5, %r6}], [%r8];\n";
  const std::vector<std::uint16_t> stage = run_copy(program, pairs);
  for (int row = 0; row < 8; ++row) {
    const int from = row / 2 * 4 + 2 + row % 2;
    EXPECT_EQ(stage[place(row, 9)], row < 4 ? element(from, 9) : 0) << row;
  }
  EXPECT_THAT(copy_error({}, pairs), HasSubstr("other dimensions"));
}

TEST(BulkCopy, IsReadByThoseWhoWaitedForItOnly) {
  Program program;
  program.wait = "";
  EXPECT_THAT(copy_error(program), HasSubstr("reads what a bulk copy in flight is to bring"));
  program.wait =
      "setp.lt.u32 %p3, %r0, 32;\n@!%p3 bra others;\n" + std::string(kWait) + "others:\n";
  EXPECT_THAT(copy_error(program), HasSubstr("without having waited for it"));
  program.wait += "bar.sync 0;\n";
  EXPECT_THAT(copy_error(program), HasSubstr("without having waited for it"));
}

TEST(BulkCopy, ThatNobodyWaitsForIsRefused) {
  Program program;
  program.wait = "ret;\n";
  EXPECT_THAT(copy_error(program), HasSubstr("ends while a bulk copy is in flight"));
}

TEST(BulkCopy, GoesWhereNothingElseIsUnderWay) {
  Program program;
  program.copy += kCopy;
  EXPECT_THAT(copy_error(program), HasSubstr("more arrivals"));
  program.make = "mbarrier.init.shared::cta.b64 [%r8], 2;\n";
  EXPECT_THAT(copy_error(program), HasSubstr("to where one in flight goes"));
  program = {};
  program.copy = "add.u32 %r9, %r9, 64;\n" + program.copy;
  EXPECT_THAT(copy_error(program), HasSubstr("misaligned: the destination"));
  program.copy = "add.u32 %r9, %r9, 1984;\n" + program.copy;
  EXPECT_THAT(copy_error(program), HasSubstr("out of bounds: a bulk copy"));
  program = {};
  program.make = "mbarrier.init.shared::cta.b64 [%r9+512], 1;\n" + program.make;
  EXPECT_THAT(copy_error(program), HasSubstr("over a memory barrier"));
}

TEST(BulkCopy, ReadsATensorThatIsThere) {
  TensorMap map = plane();
  map.extents[1] = kHeight + 1;
  EXPECT_THAT(copy_error({}, map), HasSubstr("a bulk copy's row in global memory"));
  EXPECT_THAT(copy_error({}, TensorMap{.magic = 0}), HasSubstr("no tensor map"));
  Program program;
  program.copy = "add.u64 %rd1, %rd1, 8;\n" + program.copy;
  EXPECT_THAT(copy_error(program), HasSubstr("misaligned: a tensor map"));
}

TEST(MemoryBarrier, IsMadeOnceShownToCopiesAndKnownToAll) {
  Program program;
  program.make = "";
  EXPECT_THAT(copy_error(program), HasSubstr("no memory barrier was made"));
  program.make = Program{}.make + Program{}.make;
  EXPECT_THAT(copy_error(program), HasSubstr("made where there is one"));
  program.make = "mbarrier.init.shared::cta.b64 [%r8], 0;\n";
  EXPECT_THAT(copy_error(program), HasSubstr("without arrivals"));
  program.make = "add.u32 %r8, %r8, 4;\n" + Program{}.make;
  EXPECT_THAT(copy_error(program), HasSubstr("misaligned or out of bounds: a memory barrier"));
  program = {};
  program.fence = "";
  EXPECT_THAT(copy_error(program), HasSubstr("without a fence"));
  program.fence = "fence.proxy.async;\n";
  EXPECT_EQ(copy_error(program), "");
  program = {};
  program.meet = "";
  EXPECT_THAT(copy_error(program), HasSubstr("race: a memory barrier that another thread made"));
}

TEST(MemoryBarrier, WaitsForAllArrivalsAndForTheBytesThatAreExpected) {
  const auto expecting = [](const char* bytes) {
    Program program;
    program.copy.replace(program.copy.find("1024"), 4, bytes);
    return copy_error(program);
  };
  EXPECT_THAT(expecting("1040"), HasSubstr("deadlock"));
  EXPECT_THAT(expecting("1040"), HasSubstr("lacks 0 arrivals and 16 bytes"));
  EXPECT_THAT(expecting("1008"), HasSubstr("more bytes than are expected"));
  Program program;
  program.make = "mbarrier.init.shared::cta.b64 [%r8], 2;\n";
  EXPECT_THAT(copy_error(program), HasSubstr("lacks 1 arrivals and 1024 bytes"));
  program.copy += "mbarrier.arrive.shared::cta.b64 _, [%r8];\n";
  EXPECT_EQ(copy_error(program), "");
}

TEST(MemoryBarrier, HasPhasesOfTurningParity) {
  Program program;
  const auto wait_for = [](const char* parity) {
    std::string wait = kWait;
    return wait.replace(wait.find(", 0;"), 4, std::string(", ") + parity + ";");
  };
  program.wait = wait_for("1");  // the phase before the first has ended
  EXPECT_THAT(copy_error(program), HasSubstr("in flight"));
  program.wait = wait_for("2");
  EXPECT_THAT(copy_error(program), HasSubstr("a parity is 0 or 1"));
  // Who has not waited for a phase when the next one ends, waits for one that is to come.
  const std::string next =
      "setp.ne.u32 %p3, %r0, 5;\n@!%p3 mbarrier.arrive.shared::cta.b64 _, [%r8];\nlater:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 %p2, [%r8], 1;\n@!%p2 bra later;\n";
  program.wait = kWait + next;
  EXPECT_THAT(copy_error(program), HasSubstr("thread 6, line 30: deadlock"));
  program.wait = std::string(kWait) + "bar.sync 0;\n" + next;
  EXPECT_EQ(copy_error(program), "");
}

}  // namespace
}  // namespace vitgen::ptx
