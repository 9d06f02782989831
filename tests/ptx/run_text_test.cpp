#include "tests/ptx/run_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/ptx/program_text.h"

namespace vitgen::ptx {
namespace {

std::vector<std::byte> bytes_of(std::uint64_t value, std::size_t size) {
  std::vector<std::byte> bytes(size);
  std::memcpy(bytes.data(), &value, size);
  return bytes;
}

TEST(RunText, LaunchesAnEntryWithItsArgumentsAsBytes) {
  const std::string text =
      ".version 7.0\n.target sm_80\n.address_size 64\n"
      ".entry put(.param .u64 to, .param .u16 value) { .reg .b64 %rd1; .reg .b32 %r<2>;\n"
      "ld.param.u64 %rd1, [to]; ld.param.u16 %r0, [value]; mov.u32 %r1, %tid.x;\n"
      "add.u32 %r0, %r0, %r1; mad.wide.u32 %rd1, %r1, 4, %rd1; st.global.u32 [%rd1], %r0; ret; }";
  std::vector<std::uint32_t> array(3);
  Memory memory;
  memory.add(kArray, std::as_writable_bytes(std::span(array)));
  std::vector<std::vector<std::byte>> arguments = {bytes_of(kArray, 8), bytes_of(500, 2)};
  TextLaunch launch{.text = text, .entry = "put", .block = {3, 1, 1}, .arguments = arguments};
  EXPECT_GT(run_text(launch, memory), 0u);
  EXPECT_EQ(array, (std::vector<std::uint32_t>{500, 501, 502}));
  arguments[1] = bytes_of(7, 4);
  launch.arguments = arguments;
  EXPECT_THROW(run_text(launch, memory), std::runtime_error);
  launch.entry = "take";
  EXPECT_THROW(run_text(launch, memory), std::runtime_error);
}

}  // namespace
}  // namespace vitgen::ptx
