#include "tools/emit/device_file.h"

#include <gtest/gtest.h>

#include "generators/base/error.h"
#include "tests/emit/tiny_library.h"
#include "tools/emit/device_ptx.h"

namespace vitgen {
namespace {

CompiledDeviceKernel sample() {
  return {.kernel = testing::tiny_device_kernel(),
          .cubin = std::string("\x7f"
                               "ELF\0\n{",
                               7)};
}

TEST(DeviceFile, ReadsBackWhatWasWritten) {
  CompiledDeviceKernel compiled = sample();
  EXPECT_EQ(parse_device_file(device_file_text(compiled)), compiled);
  compiled.cubin.clear();
  EXPECT_EQ(parse_device_file(device_file_text(compiled)), compiled);
}

void expect_refused(const std::string& text, const std::string& words) {
  try {
    parse_device_file(text);
    FAIL() << words;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "DEVICE_KERNEL");
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(DeviceFile, ThatIsCutOffOrChangedIsRefused) {
  const std::string good = device_file_text(sample());
  expect_refused("", "");
  expect_refused(good.substr(0, 40), "");
  expect_refused(good.substr(0, good.size() - 1), "bytes of code");
  expect_refused(good + "x", "bytes of code");
  expect_refused(replaced(good, "\"grid\":[2,", "\"grid\":[0,"), "grid");
  expect_refused(replaced(good, "\"block\":[32,1,1]", "\"block\":[32,1]"), "block");
  expect_refused(replaced(good, "\"kind\":\"scratch\"", "\"kind\":\"host\""), "kind");
  expect_refused(replaced(good, "\"value\":\"80\"", "\"value\":\"8g\""), "value");
  expect_refused(replaced(good, "\"entry\"", "\"name\""), "entry");
  expect_refused(replaced(good, "\"bytes\":128", "\"bytes\":8"), "bytes");
  expect_refused(replaced(good, "\"map\"", "\"maps\""), "map");
  expect_refused(replaced(good, "\"box\":[64,2,32]", "\"box\":[64,2]"), "as many extents");
  expect_refused(replaced(good, "\"extents\":[72,", "\"extents\":[0,"), "extents");
  expect_refused(replaced(good, "\"element_bytes\":2", "\"element_bytes\":8"), "element_bytes");
}

TEST(DevicePtx, SaysTheBlockOfEachEntryAndTheCapability) {
  const DeviceKernel kernel = testing::tiny_device_kernel();
  const std::string text =
      ".version 7.0\n.target sm_90a\n.visible .entry first(\n  .param .u64 p\n)  // @first\n{\n}\n"
      ".visible .entry second(\n)\n{\n}\n";
  const std::vector<DeviceLaunch> launches = {
      {.entry = "first", .block = {32, 1, 4}, .arguments = {}},
      {.entry = "first", .block = {16, 2, 4}, .arguments = {}},
      {.entry = "second", .block = {7, 1, 1}, .arguments = {}}};
  const std::string with = with_block_sizes(text, launches);
  EXPECT_NE(with.find("p\n)\n.maxntid 32, 2, 4\n  // @first\n{"), with.npos) << with;
  EXPECT_NE(with.find("second(\n)\n.maxntid 7, 1, 1\n\n{"), with.npos) << with;
  EXPECT_EQ(ptx_capability(text), 90);
}

std::string code_of_capability(const std::string& text) {
  try {
    ptx_capability(text);
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

TEST(DevicePtx, WithoutAnEntryOrATargetIsRefused) {
  const std::vector<DeviceLaunch> launches = {{.entry = "absent", .arguments = {}}};
  EXPECT_THROW(with_block_sizes(".visible .entry other(\n)\n{}\n", launches), Error);
  EXPECT_EQ(code_of_capability(".version 7.0\n"), "KERNEL_PTX");
  EXPECT_EQ(code_of_capability("\n.target sm_x\n"), "KERNEL_PTX");
}

}  // namespace
}  // namespace vitgen
