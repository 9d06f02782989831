// What measures a GPU beside a library, as a file.

#include "tools/measure/roofs_file.h"

#include <gtest/gtest.h>

#include "tests/base/support.h"

namespace vitgen {
namespace {

using testing::code_of;
using testing::Scratch;

RoofsFile roofs() {
  return {.variants = {{.target = "a target",
                        .capability = 90,
                        .only_capability = 90,
                        .kernels = {.factors = DType::bf16,
                                    .products = {.ptx = "// products\n",
                                                 .entry = "p",
                                                 .threads = 128,
                                                 .blocks = 2,
                                                 .shared_bytes = 40960,
                                                 .input_bytes = 2048,
                                                 .work = 2097152},
                                    .reads = {.ptx = "// reads\n",
                                              .entry = "r",
                                              .threads = 256,
                                              .input_bytes = 16,
                                              .work = 16384}}}},
          .bytes = {{"linear(rows=1,k=8,n=8)", 352}}};
}

TEST(RoofsFile, IsReadBackAsItWasWritten) {
  const Scratch scratch;
  EXPECT_EQ(read_roofs(scratch.write("r.json", roofs_json(roofs()).dump(1))), roofs());
}

TEST(RoofsFile, OfAnotherKindIsRefused) {
  const Scratch scratch;
  const auto with = [&](const char* pointer, const Json& value) {
    Json json = roofs_json(roofs());
    json[Json::json_pointer(pointer)] = value;
    return code_of([&] { read_roofs(scratch.write("r.json", json.dump())); });
  };
  for (const auto& [pointer, value] :
       std::vector<std::pair<const char*, Json>>{{"/schema", 2},
                                                 {"/variants", "none"},
                                                 {"/variants/0/factors", "i32"},
                                                 {"/variants/0/products/threads", 2048},
                                                 {"/variants/0/reads/work", 0},
                                                 {"/variants/0/reads/ptx", 1},
                                                 {"/variants/0/reads", nullptr},
                                                 {"/variants/0/capability", -1},
                                                 {"/kernels/0/bytes", -1}}) {
    EXPECT_EQ(with(pointer, value), "GPU_ROOFS") << pointer;
  }
  EXPECT_EQ(code_of([&] { read_roofs(scratch.write("r.json", "{")); }), "GPU_ROOFS");
  EXPECT_EQ(code_of([&] { read_roofs(scratch.at("absent.json")); }), "IO_OPEN");
}

TEST(VariantRoofs, ServeTheDevicesOfTheirCapability) {
  VariantRoofs variant{.target = "a target", .capability = 80, .kernels = {}};
  EXPECT_TRUE(variant.serves(80) && variant.serves(120));
  EXPECT_FALSE(variant.serves(75));
  variant.only_capability = 90;
  EXPECT_TRUE(variant.serves(90));
  EXPECT_FALSE(variant.serves(100));
}

}  // namespace
}  // namespace vitgen
