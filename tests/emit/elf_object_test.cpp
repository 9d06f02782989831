#include "tools/emit/elf_object.h"

#include <gtest/gtest.h>
#include <llvm/Object/ELFObjectFile.h>

#include "tools/emit/object_surgery.h"

namespace vitgen {
namespace {

using llvm::object::ELF64LEObjectFile;

DataSection example(std::uint64_t bytes) {
  return {.name = ".data.rel.ro",
          .relocated_at_load = true,
          .large = false,
          .alignment = 64,
          .bytes = bytes,
          .symbols = {{"lib_table", 8, 16, false}, {"lib_abi", 0, 8, true}},
          .fixups = {{8, {40, {}}}, {16, {0, "lib_kernel"}}}};
}

std::string example_object(std::uint64_t bytes) {
  return elf_object(example(bytes), std::vector<std::byte>(bytes, std::byte{0x5a}));
}

TEST(ElfObject, Defines_its_symbols_and_needs_its_targets) {
  const GlobalSymbols symbols = global_symbols(example_object(48));
  EXPECT_EQ(symbols.defined, (std::set<std::string>{"lib_abi", "lib_table"}));
  EXPECT_EQ(symbols.undefined, (std::set<std::string>{"lib_kernel"}));
}

TEST(ElfObject, Is_a_valid_object_for_any_size) {
  for (const std::uint64_t bytes : {24u, 25u, 31u, 32u, 4096u}) {
    const std::string object = example_object(bytes);
    auto file = ELF64LEObjectFile::create(llvm::MemoryBufferRef(object, "example"));
    ASSERT_TRUE(static_cast<bool>(file)) << llvm::toString(file.takeError());
    bool found = false;
    for (const auto& section : file->sections()) {
      const auto name = llvm::cantFail(section.getName());
      if (name == ".data.rel.ro") {
        found = true;
        EXPECT_EQ(section.getSize(), bytes);
        EXPECT_EQ(section.getAlignment().value(), 64u);
        EXPECT_EQ(llvm::cantFail(section.getContents()).bytes_begin()[bytes - 1], 0x5a);
      }
    }
    EXPECT_TRUE(found);
  }
}

TEST(ElfObject, Relocations_carry_place_symbol_and_addend) {
  const std::string object = example_object(48);
  const auto file = llvm::cantFail(ELF64LEObjectFile::create(llvm::MemoryBufferRef(object, "e")));
  std::vector<std::string> lines;
  for (const auto& section : file.sections()) {
    for (const llvm::object::ELFRelocationRef relocation : section.relocations()) {
      const auto symbol = relocation.getSymbol();
      lines.push_back(std::to_string(relocation.getOffset()) + " " +
                      llvm::cantFail(symbol->getName()).str() + "+" +
                      std::to_string(llvm::cantFail(relocation.getAddend())));
    }
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"8 .data.rel.ro+40", "16 lib_kernel+0"}));
}

TEST(ElfObject, The_frame_surrounds_content_of_any_place) {
  const DataSection section = example(48);
  const ElfFrame frame = elf_frame(section);
  EXPECT_EQ(frame.before.size() % section.alignment, 0u);
  EXPECT_EQ(example_object(48).size(), frame.before.size() + 48 + frame.after.size());
}

}  // namespace
}  // namespace vitgen
