#include "tools/emit/kernel_object_code.h"

#include <llvm/BinaryFormat/ELF.h>
#include <llvm/ObjCopy/ConfigManager.h>
#include <llvm/ObjCopy/ObjCopy.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/raw_ostream.h>

#include <cstring>

#include "generators/base/error.h"

namespace vitgen {

namespace {

namespace elf = llvm::ELF;
namespace object = llvm::object;
namespace objcopy = llvm::objcopy;
using ElfFile = object::ELFFile<object::ELF64LE>;

[[noreturn]] void fail(const std::string& message) {
  throw Error(ExitCode::internal, "OBJECT_CODE", "cannot add code to an object: " + message);
}

template <class T>
T value_of(llvm::Expected<T> value) {
  if (!value) fail(printable(llvm::toString(value.takeError())));
  return std::move(*value);
}

std::string add_code_section(std::string_view bytes, const std::string& name, std::string_view code,
                             std::uint64_t alignment) {
  objcopy::ConfigManager config;
  config.Common.InputFilename = "input";
  config.Common.OutputFilename = "output";
  config.Common.AddSection.emplace_back(
      name, llvm::MemoryBuffer::getMemBuffer(llvm::StringRef(code), "", false));
  constexpr auto flags = static_cast<objcopy::SectionFlag>(objcopy::SecAlloc | objcopy::SecCode |
                                                           objcopy::SecReadonly);
  config.Common.SetSectionFlags[name] = {name, flags};
  config.Common.SetSectionAlignment[name] = alignment;
  const auto file = value_of(
      object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(llvm::StringRef(bytes), "")));
  llvm::SmallVector<char, 0> out;
  llvm::raw_svector_ostream stream(out);
  if (llvm::Error error = objcopy::executeObjcopyOnBinary(config, *file, stream)) {
    fail(printable(llvm::toString(std::move(error))));
  }
  return {out.data(), out.size()};
}

std::uint16_t section_index(const ElfFile& file, std::string_view name) {
  std::uint16_t index = 0;
  for (const auto& section : value_of(file.sections())) {
    if (value_of(file.getSectionName(section)) == llvm::StringRef(name)) return index;
    ++index;
  }
  fail("no section " + std::string(name));
}

// The call's relocation names the undefined symbol, so that very entry becomes the definition: a
// second symbol of the same name would be another one.
void define_symbol(std::string& bytes, std::string_view symbol, std::string_view section,
                   std::uint64_t entry, std::uint64_t size) {
  const ElfFile file = value_of(ElfFile::create(bytes));
  const std::uint16_t index = section_index(file, section);
  for (const auto& table : value_of(file.sections())) {
    if (table.sh_type != elf::SHT_SYMTAB) continue;
    const auto names = value_of(file.getStringTableForSymtab(table));
    for (const auto& each : value_of(file.symbols(&table))) {
      if (each.st_shndx != elf::SHN_UNDEF) continue;
      if (value_of(each.getName(names)) != llvm::StringRef(symbol)) continue;
      const auto offset = reinterpret_cast<const char*>(&each) - bytes.data();
      object::ELF64LE::Sym defined = each;
      defined.setBindingAndType(elf::STB_GLOBAL, elf::STT_FUNC);
      defined.setVisibility(elf::STV_HIDDEN);
      defined.st_shndx = index;
      defined.st_value = entry;
      defined.st_size = size - entry;
      std::memcpy(bytes.data() + offset, &defined, sizeof defined);
      return;
    }
  }
  fail("it does not need " + std::string(symbol));
}

}  // namespace

std::string define_in_object(std::string_view object, std::string_view symbol,
                             std::string_view code, std::uint64_t entry, std::uint64_t alignment) {
  const std::string section = ".text." + std::string(symbol);
  std::string bytes = add_code_section(object, section, code, alignment);
  define_symbol(bytes, symbol, section, entry, code.size());
  return bytes;
}

}  // namespace vitgen
