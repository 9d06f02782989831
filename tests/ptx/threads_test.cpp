// Blocks, barriers, shared memory, warps, and what programs do wrong there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/ptx/program_text.h"

namespace vitgen::ptx {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view kShared = ".extern .shared .align 16 .b8 tile[];\n";

/// %r1 = tile + 4 thread.
constexpr std::string_view kPlace = "mov.u32 %r2, tile;\nmad.lo.u32 %r1, %r0, 4, %r2;\n";

TEST(Blocks, KnowTheirPlaceInTheGrid) {
  std::vector<std::uint32_t> array(6);
  run_program(
      program_text("mov.u32 %r1, %ctaid.x;\nmov.u32 %r2, %ntid.x;\nmad.lo.u32 %r3, %r1, %r2, %r0;\n"
                   "mad.wide.u32 %rd2, %r3, 4, %rd0;\nmov.u32 %r4, %nctaid.x;\n"
                   "mad.lo.u32 %r5, %r4, 100, %r3;\nst.global.u32 [%rd2], %r5;"),
      array, {.blocks = 3, .threads = 2});
  EXPECT_EQ(array, (std::vector<std::uint32_t>{300, 301, 302, 303, 304, 305}));
}

// A tree over 64 threads in two warps: every step reads what other warps wrote.
std::string reduction(std::string_view barrier) {
  std::string text(kPlace);
  text += "ld.global.u32 %r3, [%rd1];\nst.shared.u32 [%r1], %r3;\n";
  for (const int distance : {32, 16, 8, 4, 2, 1}) {
    const std::string d = std::to_string(distance);
    text += std::string(barrier) + "\nsetp.ge.u32 %p1, %r0, " + d + ";\n@%p1 bra after" + d +
            ";\nld.shared.u32 %r3, [%r1];\nld.shared.u32 %r4, [%r1+" +
            std::to_string(4 * distance) +
            "];\nadd.u32 %r3, %r3, %r4;\nst.shared.u32 [%r1], %r3;\nafter" + d + ":\n";
  }
  text += std::string(barrier) + "\nld.shared.u32 %r3, [tile];\nst.global.u32 [%rd1], %r3;";
  return program_text(text, kShared);
}

TEST(Barriers, ReduceABlock) {
  std::vector<std::uint32_t> array(64);
  std::iota(array.begin(), array.end(), 0u);
  run_program(reduction("bar.sync 0;"), array, {.threads = 64, .shared_bytes = 256});
  EXPECT_EQ(array, std::vector<std::uint32_t>(64, 63 * 64 / 2));
}

TEST(Barriers, WithoutThemAReductionRaces) {
  EXPECT_THAT(error_of(reduction(""), {.threads = 64, .shared_bytes = 256}), HasSubstr("race"));
}

TEST(Races, AreSeenInBothOrders) {
  const auto program = [](std::string_view first, std::string_view second) {
    return program_text(std::string(kPlace) + "setp.ne.u32 %p1, %r0, 0;\n@%p1 bra other;\n" +
                            std::string(first) + "\nret;\nother:\n" + std::string(second),
                        kShared);
  };
  const Shape shape{.threads = 2, .shared_bytes = 8};
  const std::string_view load = "ld.shared.u32 %r3, [tile];", store = "st.shared.u32 [tile], 1;",
                         other_store = "st.shared.u32 [tile], 2;";
  EXPECT_THAT(error_of(program(load, store), shape),
              HasSubstr("changes what another thread touched"));
  EXPECT_THAT(error_of(program(store, load), shape), HasSubstr("reads what another thread wrote"));
  EXPECT_THAT(error_of(program(store, other_store), shape), HasSubstr("race"));
  EXPECT_EQ(error_of(program(store, store), shape), "");  // the same value changes nothing
  EXPECT_EQ(error_of(program(load, load), shape), "");
  EXPECT_EQ(error_of(program("st.shared.u16 [tile], 1;", "st.shared.u16 [tile+2], 1;"), shape), "");
}

TEST(Races, LanesOfAWarpAreOrderedByTheWarpsBarrierButOtherWarpsAreNot) {
  const std::string program =
      program_text(std::string(kPlace) +
                       "st.shared.u32 [%r1], %r0;\nbar.warp.sync 0xffffffff;\n"
                       "xor.b32 %r3, %r0, DISTANCE;\nmad.lo.u32 %r3, %r3, 4, %r2;\n"
                       "ld.shared.u32 %r4, [%r3];\nst.global.u32 [%rd1], %r4;",
                   kShared);
  const auto with_distance = [&](const std::string& distance) {
    std::string text = program;
    return text.replace(text.find("DISTANCE"), 8, distance);
  };
  const Shape shape{.threads = 64, .shared_bytes = 256};
  EXPECT_EQ(error_of(with_distance("1"), shape), "");
  EXPECT_THAT(error_of(with_distance("32"), shape), HasSubstr("race"));
}

TEST(SharedMemory, BeginsAsNanAndIsEachBlocksOwn) {
  std::vector<std::uint32_t> array(1);
  run_program(program_text("ld.shared.u32 %r1, [mine];\nst.shared.u32 [mine], 5;\n"
                           "st.global.u32 [%rd0], %r1;",
                           ".shared .align 4 .b8 mine[4];\n"),
              array, {.blocks = 2});
  EXPECT_EQ(array[0], 0xffffffffu);
}

TEST(SharedMemory, DynamicFollowsStatic) {
  std::vector<std::uint32_t> array(1);
  run_program(program_text("mov.u32 %r1, mine;\nmov.u32 %r2, tile;\nsub.u32 %r3, %r2, %r1;\n"
                           "st.shared.u32 [%r2+12], %r1;\nst.global.u32 [%rd0], %r3;",
                           std::string(kShared) + ".shared .align 4 .b8 mine[20];\n"),
              array, {.shared_bytes = 16});
  EXPECT_EQ(array[0], 32u);
}

TEST(Barriers, OneThatSomeLanesOfAWarpMissIsDivergence) {
  EXPECT_THAT(error_of(program_text("setp.eq.u32 %p1, %r0, 0;\n@%p1 bra one;\nbar.sync 0;\nret;\n"
                                    "one:\nbar.sync 0;"),
                       {.threads = 32}),
              HasSubstr("barrier divergence"));
}

TEST(Barriers, ThreadsThatWaitAtDifferentOnesAreADeadlock) {
  EXPECT_THAT(error_of(program_text("setp.lt.u32 %p1, %r0, 32;\n@%p1 bra one;\nbar.sync 0;\nret;\n"
                                    "one:\nbar.sync 1;"),
                       {.threads = 64}),
              HasSubstr("deadlock: waits for barrier"));
}

TEST(Barriers, ServeSomeWarpsAndArrivals) {
  std::vector<std::uint32_t> array(64);
  const auto executed =
      run_program(program_text("setp.lt.u32 %p1, %r0, 32;\n@%p1 bra one;\nbar.arrive 3, 64;\nret;\n"
                               "one:\nbar.sync 3, 64;\nst.global.u32 [%rd1], 1;"),
                  array, {.threads = 64});
  EXPECT_EQ(std::accumulate(array.begin(), array.end(), 0u), 32u);
  EXPECT_GT(executed, 64u);
}

TEST(Addresses, OutOfBoundsOrMisalignedTellWhere) {
  EXPECT_THAT(error_of(program_text("\n\nst.global.u32 [%rd0+256], %r0;")),
              AllOf(HasSubstr("kernel, block (0, 0, 0), thread 0, line 17"),
                    HasSubstr("out of bounds"), HasSubstr("4 bytes at 0x10100")));
  EXPECT_THAT(error_of(program_text("ld.global.u32 %r1, [%rd0+-4];")), HasSubstr("out of bounds"));
  EXPECT_THAT(error_of(program_text("ld.global.v2.u32 {%r1, %r2}, [%rd0+4];")),
              HasSubstr("misaligned: 8 bytes"));
  EXPECT_THAT(error_of(program_text("ld.shared.u32 %r1, [tile+8];", kShared), {.shared_bytes = 8}),
              HasSubstr("out of bounds: 4 bytes at 0x8 of shared memory"));
  EXPECT_THAT(error_of(program_text("mov.u32 %r2, tile;\nst.shared.u32 [%r2+-4], 1;", kShared),
                       {.shared_bytes = 8}),
              HasSubstr("out of bounds"));
  EXPECT_THAT(error_of(program_text("ld.param.u64 %rd1, [array+8];")), HasSubstr("the parameters"));
  EXPECT_THAT(error_of(program_text(".local .align 4 .b8 here[8];\nld.local.u32 %r1, [here+8];")),
              HasSubstr("local memory"));
  EXPECT_THAT(
      error_of(program_text("mov.u64 %rd2, t;\nst.global.u32 [%rd2], 1;", ".global .b32 t;\n")),
      HasSubstr("cannot be written"));
}

TEST(Addresses, GenericOnesReachEverySpace) {
  std::vector<std::uint32_t> array(3);
  run_program(
      program_text(".local .align 4 .b8 here[8];\nmov.u64 %rd2, here;\ncvta.local.u64 %rd3, %rd2;\n"
                   "st.u32 [%rd3+4], 7;\nld.local.u32 %r1, [%rd2+4];\nst.u32 [%rd0], %r1;\n"
                   "mov.u64 %rd4, tile;\ncvta.shared.u64 %rd5, %rd4;\nst.u32 [%rd5], 8;\n"
                   "ld.shared.u32 %r1, [tile];\nst.u32 [%rd0+4], %r1;\n"
                   "isspacep.shared %p1, %rd5;\nselp.b32 %r1, 9, 0, %p1;\nst.u32 [%rd0+8], %r1;",
                   kShared),
      array, {.shared_bytes = 4});
  EXPECT_EQ(array, (std::vector<std::uint32_t>{7, 8, 9}));
  EXPECT_THAT(error_of(program_text("cvta.to.shared.u64 %rd2, %rd0;")),
              HasSubstr("another state space"));
}

TEST(Addresses, ConstantMemoryIsReadOnly) {
  const std::vector<std::uint32_t> values = {42};
  std::vector<std::uint32_t> array(1);
  Memory memory;
  memory.add_constant(kArray, std::as_bytes(std::span(values)));
  EXPECT_THROW(memory.add(kArray + 2, std::as_writable_bytes(std::span(array))),
               std::runtime_error);
  const void* parameters[] = {&kArray};
  const Launch launch{.entry = "kernel", .parameters = parameters};
  EXPECT_NO_THROW(run(parse(program_text("ld.global.nc.u32 %r1, [%rd0];")), launch, memory));
  EXPECT_THROW(run(parse(program_text("st.global.u32 [%rd0], 1;")), launch, memory),
               std::runtime_error);
  EXPECT_TRUE(memory.remove(kArray));
  EXPECT_FALSE(memory.remove(kArray));
}

TEST(Addresses, VectorsLoadAndStore) {
  std::vector<std::uint32_t> array = {1, 2, 3, 4, 0, 0, 0, 0};
  run_program(
      program_text(
          "ld.global.v4.u32 {%r1, %r2, %r3, %r4}, [%rd0];\n"
          "st.global.v2.b32 [%rd0+16], {%r4, %r3};\nst.global.v2.b32 [%rd0+24], {%r2, %r1};"),
      array);
  EXPECT_EQ(array, (std::vector<std::uint32_t>{1, 2, 3, 4, 4, 3, 2, 1}));
}

TEST(Launches, AreChecked) {
  EXPECT_THAT(error_of(program_text("here: bra here;")), HasSubstr("more instructions than"));
  EXPECT_THAT(error_of(program_text(""), {.threads = 2048}), HasSubstr("at most 1024"));
  EXPECT_THAT(error_of(program_text("trap;")), HasSubstr("trap"));
  const Module module = parse(program_text(""));
  EXPECT_THROW(run(module, {.entry = "other"}, {}), std::runtime_error);
  EXPECT_THROW(run(module, {.entry = "kernel"}, {}), std::runtime_error);  // lacks its parameter
}

TEST(Atomics, ChangeMemoryInOneStep) {
  std::vector<std::uint32_t> array = {10, 0, 5, 7, 0, 0, 0, 0};
  run_program(
      program_text(
          "atom.global.add.u32 %r1, [%rd0], 1;\nred.global.max.u32 [%rd0+4], %r0;\n"
          "atom.global.cas.b32 %r2, [%rd0+8], 5, 6;\natom.global.exch.b32 %r3, [%rd0+12], 9;\n"
          "atom.global.inc.u32 %r4, [%rd0+16], 1;\n"
          "red.global.add.f32 [%rd0+20], 0f3F800000;"),
      array, {.threads = 3});
  EXPECT_EQ(array, (std::vector<std::uint32_t>{13, 2, 6, 9, 1, 0x40400000, 0, 0}));
}

/// What each lane of a warp has in %r1 after `body`.
std::vector<std::uint32_t> lanes(const std::string& body) {
  std::vector<std::uint32_t> array(32);
  run_program(program_text(body + "\nst.global.u32 [%rd1], %r1;"), array, {.threads = 32});
  return array;
}

TEST(Warps, ShuffleAsTheIsaSays) {
  const auto up = lanes("shfl.sync.up.b32 %r1|%p1, %r0, 3, 0, -1;");
  const auto down = lanes("shfl.sync.down.b32 %r1, %r0, 3, 31, -1;");
  const auto butterfly = lanes("shfl.sync.bfly.b32 %r1, %r0, 5, 31, -1;");
  const auto index = lanes("shfl.sync.idx.b32 %r1, %r0, 7, 31, -1;");
  // c = 0x181f: segments of 8 lanes.
  const auto segments = lanes("shfl.sync.idx.b32 %r1, %r0, 2, 0x181f, -1;");
  const auto valid =
      lanes("shfl.sync.down.b32 %r2|%p1, %r0, 1, 0x181f, -1;\nselp.b32 %r1, %r2, 99, %p1;");
  for (std::uint32_t lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(up[lane], lane < 3 ? lane : lane - 3);
    EXPECT_EQ(down[lane], lane + 3 > 31 ? lane : lane + 3);
    EXPECT_EQ(butterfly[lane], lane ^ 5);
    EXPECT_EQ(index[lane], 7u);
    EXPECT_EQ(segments[lane], lane / 8 * 8 + 2);
    EXPECT_EQ(valid[lane], lane % 8 == 7 ? 99 : lane + 1);
  }
}

TEST(Warps, VoteMatchAndReduce) {
  EXPECT_EQ(lanes("setp.lt.u32 %p1, %r0, 4;\nvote.sync.ballot.b32 %r1, %p1, -1;")[9], 15u);
  EXPECT_EQ(
      lanes("setp.lt.u32 %p1, %r0, 4;\nvote.sync.any.pred %p2, !%p1, -1;\nselp.b32 %r1, 1, 0, %p2;")
          [0],
      1u);
  EXPECT_EQ(
      lanes("setp.lt.u32 %p1, %r0, 4;\nvote.sync.all.pred %p2, %p1, -1;\nselp.b32 %r1, 1, 0, %p2;")
          [0],
      0u);
  EXPECT_EQ(lanes("and.b32 %r2, %r0, 1;\nmatch.any.sync.b32 %r1, %r2, -1;")[3], 0xaaaaaaaau);
  EXPECT_EQ(lanes("redux.sync.add.u32 %r1, %r0, -1;")[3], 31u * 32 / 2);
  EXPECT_EQ(lanes("sub.s32 %r2, %r0, 5;\nredux.sync.min.s32 %r1, %r2, -1;")[3],
            static_cast<std::uint32_t>(-5));
  EXPECT_EQ(lanes("activemask.b32 %r1;")[3], ~0u);
}

TEST(Warps, MasksOfLanesHoldWhoIsThere) {
  EXPECT_THAT(error_of(program_text("shfl.sync.idx.b32 %r1, %r0, 0, 31, 1;"), {.threads = 32}),
              HasSubstr("lacks the lane itself"));
  EXPECT_THAT(error_of(program_text("setp.eq.u32 %p1, %r0, 0;\n@%p1 ret;\n"
                                    "shfl.sync.idx.b32 %r1, %r0, 5, 31, -1;"),
                       {.threads = 32}),
              HasSubstr("has one that has ended"));
  EXPECT_THAT(error_of(program_text("setp.eq.u32 %p1, %r0, 0;\n@%p1 bra other;\n"
                                    "shfl.sync.idx.b32 %r1, %r0, 5, 31, -1;\nret;\nother:\n"
                                    "shfl.sync.idx.b32 %r1, %r0, 5, 31, -1;"),
                       {.threads = 32}),
              HasSubstr("deadlock: waits for other lanes"));
}

}  // namespace
}  // namespace vitgen::ptx
