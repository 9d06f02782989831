// A warpgroup multiplies what a thread of another warp copies in bulk, into one stage again and
// again: when the stage may be filled.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ptx/program_text.h"
#include "tests/ptx/tensor_map.h"

namespace vitgen::ptx {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kTensor = 0x20000;
constexpr std::uint32_t kStageBytes = 64 * 128;
constexpr std::uint64_t kDescriptor = std::uint64_t{64} << 32 | std::uint64_t{1} << 62;

std::string wait_for(const char* barrier, const char* parity) {
  return std::string(
             "{\n.reg .pred ended;\nwait:\nmbarrier.try_wait.parity.shared::cta.b64 ended, [") +
         barrier + "], " + parity + ";\n@!ended bra wait;\n}\n";
}

constexpr const char* kProduct =
    "wgmma.fence.sync.aligned;\nwgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 "
    "{%f0, %f1, %f2, %f3}, %rd3, %rd3, 1, 1, 1, 0, 0;\nwgmma.commit_group.sync.aligned;\n";
constexpr const char* kEnd = "wgmma.wait_group.sync.aligned 0;\n";
constexpr const char* kRelease = "@%p1 mbarrier.arrive.shared::cta.b64 _, [%r8];\n";
constexpr const char* kCopy =
    "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r7], 8192;\n"
    "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes "
    "[%r9], [%rd1, {0, 0}], [%r7];\n";

/// Barriers: %r7 ends when the stage is full, %r8 when it is empty. %p1: the first lane of a warp.
struct Ring {
  const char* arrivals = "4";  ///< that make the stage empty
  std::string multiply = std::string(kProduct) + kEnd + kRelease;
  std::string empty = wait_for("%r8", "0");

  std::string text() const {
    return std::string(
               ".version 8.0\n.target sm_90a\n.address_size 64\n"
               ".extern .shared .align 1024 .b8 memory[];\n"
               ".visible .entry kernel(.param .align 64 .b8 map[128])\n{\n.reg .pred %p<4>;\n"
               ".reg .b32 %r<16>;\n.reg .f32 %f<4>;\n.reg .b64 %rd<6>;\nmov.u32 %r0, %tid.x;\n"
               "mov.u32 %r9, memory;\nadd.u32 %r7, %r9, 8192;\nadd.u32 %r8, %r9, 8200;\n"
               "mov.b64 %rd1, map;\ncvta.param.u64 %rd1, %rd1;\nmov.u64 %rd3, ") +
           std::to_string(kDescriptor) +
           ";\nsetp.ne.u32 %p2, %r0, 128;\n@%p2 bra made;\n"
           "mbarrier.init.shared::cta.b64 [%r7], 1;\nmbarrier.init.shared::cta.b64 [%r8], " +
           arrivals +
           ";\nfence.mbarrier_init.release.cluster;\nmade:\nbar.sync 0;\n@%p2 bra others;\n" +
           kCopy + empty + kCopy + "others:\nand.b32 %r1, %r0, 31;\nsetp.eq.u32 %p1, %r1, 0;\n" +
           "setp.ge.u32 %p3, %r0, 128;\n@%p3 bra done;\n" + wait_for("%r7", "0") + multiply +
           wait_for("%r7", "1") + kProduct + kEnd + "done:\nret;\n}\n";
  }
};

std::string ring_error(const Ring& ring) {
  std::vector<std::uint16_t> tensor(64 * 64);
  Memory memory;
  memory.add_constant(kTensor, std::as_bytes(std::span(tensor)));
  const TensorMap map{.dims = 2,
                      .element_bytes = 2,
                      .swizzle_bytes = 128,
                      .address = kTensor,
                      .strides = {128},
                      .extents = {64, 64},
                      .box = {64, 64}};
  const void* parameters[] = {&map};
  try {
    run(parse(ring.text()),
        {.entry = "kernel",
         .block = {160, 1, 1},
         .shared_bytes = kStageBytes + 16,
         .parameters = parameters,
         .block_budget = 1'000'000},
        memory);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(RingOfStages, IsFilledAgainAfterAllWarpsHaveReleasedIt) { EXPECT_EQ(ring_error({}), ""); }

TEST(RingOfStages, IsNotFilledWithoutWaiting) {
  EXPECT_THAT(ring_error({.empty = ""}), HasSubstr("more arrivals than a phase"));
}

TEST(RingOfStages, IsNotReleasedBeforeItsProductHasEnded) {
  EXPECT_THAT(ring_error({.multiply = std::string(kProduct) + kRelease}),
              HasSubstr("a bulk copy over a factor of a product in flight"));
  EXPECT_THAT(
      ring_error({.multiply = std::string(kProduct) + kRelease + kEnd}),
      HasSubstr("race: a bulk copy over a factor whose product is not known to have ended"));
}

TEST(RingOfStages, IsNotReleasedByOneWarpForAll) {
  const std::string first = "setp.eq.u32 %p1, %r0, 0;\n";
  EXPECT_THAT(
      ring_error({.arrivals = "1", .multiply = kProduct + std::string(kEnd) + first + kRelease}),
      HasSubstr("race: a bulk copy over a factor whose product is not known to have ended"));
}

}  // namespace
}  // namespace vitgen::ptx
