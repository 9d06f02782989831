#include "tools/emit/elf_object.h"

#include <llvm/BinaryFormat/ELF.h>

#include <cstring>

namespace vitgen {
namespace {

namespace elf = llvm::ELF;

/// Order of the section headers.
enum Section : std::uint32_t { null, data, relocations, symbols, strings, stack_note, count };

/// Zero-terminated names; 0 is the empty one.
class Names {
 public:
  std::uint32_t add(std::string_view name) {
    const auto at = static_cast<std::uint32_t>(bytes_.size());
    bytes_.append(name).push_back('\0');
    return at;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_ = std::string(1, '\0');
};

/// Symbols in file order: locals first, as ELF demands; then what we define; then what we need.
class SymbolTable {
 public:
  explicit SymbolTable(Names& names) : names_(names) {
    add({}, elf::STB_LOCAL, elf::STT_NOTYPE, elf::STV_DEFAULT, Section::null, 0, 0);
    add({}, elf::STB_LOCAL, elf::STT_SECTION, elf::STV_DEFAULT, Section::data, 0, 0);
  }

  void define(const DataSymbol& symbol) {
    const unsigned char visibility = symbol.visible ? elf::STV_DEFAULT : elf::STV_HIDDEN;
    index_[symbol.name] = add(symbol.name, elf::STB_GLOBAL, elf::STT_OBJECT, visibility,
                              Section::data, symbol.offset, symbol.bytes);
  }

  std::uint32_t need(const std::string& name) {
    const auto [at, is_new] = index_.try_emplace(name, 0);
    if (is_new) {
      at->second =
          add(name, elf::STB_GLOBAL, elf::STT_NOTYPE, elf::STV_HIDDEN, Section::null, 0, 0);
    }
    return at->second;
  }

  static constexpr std::uint32_t kSectionSymbol = 1;
  static constexpr std::uint32_t kFirstGlobal = 2;
  std::span<const elf::Elf64_Sym> table() const { return table_; }

 private:
  std::uint32_t add(std::string_view name, unsigned char binding, unsigned char type,
                    unsigned char visibility, std::uint16_t section, std::uint64_t value,
                    std::uint64_t size) {
    elf::Elf64_Sym symbol{};
    symbol.st_name = name.empty() ? 0 : names_.add(name);
    symbol.setBindingAndType(binding, type);
    symbol.st_other = visibility;
    symbol.st_shndx = section;
    symbol.st_value = value;
    symbol.st_size = size;
    table_.push_back(symbol);
    return static_cast<std::uint32_t>(table_.size() - 1);
  }

  Names& names_;
  std::vector<elf::Elf64_Sym> table_;
  std::map<std::string, std::uint32_t> index_;
};

std::vector<elf::Elf64_Rela> relocation_table(const DataSection& section, SymbolTable& symbols) {
  std::vector<elf::Elf64_Rela> table;
  for (const PointerFixup& fixup : section.fixups) {
    elf::Elf64_Rela relocation{};
    relocation.r_offset = fixup.at;
    relocation.r_addend = static_cast<std::int64_t>(fixup.target.offset);
    relocation.setSymbolAndType(fixup.target.symbol.empty() ? SymbolTable::kSectionSymbol
                                                            : symbols.need(fixup.target.symbol),
                                elf::R_X86_64_64);
    table.push_back(relocation);
  }
  return table;
}

/// Appends `content` to `file` at a multiple of 8 and records the place in `header`.
void append(std::vector<std::byte>& file, std::uint64_t file_starts_at, elf::Elf64_Shdr& header,
            std::span<const std::byte> content) {
  file.resize((file.size() + 7) / 8 * 8);
  header.sh_offset = file_starts_at + file.size();
  header.sh_size = content.size();
  file.insert(file.end(), content.begin(), content.end());
}

elf::Elf64_Shdr section_header(std::uint32_t name, std::uint32_t type, std::uint64_t flags,
                               std::uint64_t alignment, std::uint64_t entry_bytes = 0) {
  elf::Elf64_Shdr header{};
  header.sh_name = name;
  header.sh_type = type;
  header.sh_flags = flags;
  header.sh_addralign = alignment;
  header.sh_entsize = entry_bytes;
  return header;
}

elf::Elf64_Ehdr file_header(std::uint64_t sections_at) {
  elf::Elf64_Ehdr header{};
  std::memcpy(header.e_ident, elf::ElfMagic, 4);
  header.e_ident[elf::EI_CLASS] = elf::ELFCLASS64;
  header.e_ident[elf::EI_DATA] = elf::ELFDATA2LSB;
  header.e_ident[elf::EI_VERSION] = elf::EV_CURRENT;
  header.e_type = elf::ET_REL;
  header.e_machine = elf::EM_X86_64;
  header.e_version = elf::EV_CURRENT;
  header.e_shoff = sections_at;
  header.e_ehsize = sizeof(elf::Elf64_Ehdr);
  header.e_shentsize = sizeof(elf::Elf64_Shdr);
  header.e_shnum = Section::count;
  header.e_shstrndx = Section::strings;
  return header;
}

std::array<elf::Elf64_Shdr, Section::count> section_headers(const DataSection& section,
                                                            Names& names) {
  const std::uint64_t flags = elf::SHF_ALLOC | (section.relocated_at_load ? elf::SHF_WRITE : 0u) |
                              (section.large ? elf::SHF_X86_64_LARGE : 0u);
  std::array<elf::Elf64_Shdr, Section::count> headers{};
  headers[Section::data] =
      section_header(names.add(section.name), elf::SHT_PROGBITS, flags, section.alignment);
  headers[Section::relocations] = section_header(names.add(".rela" + section.name), elf::SHT_RELA,
                                                 elf::SHF_INFO_LINK, 8, sizeof(elf::Elf64_Rela));
  headers[Section::relocations].sh_link = Section::symbols;
  headers[Section::relocations].sh_info = Section::data;
  headers[Section::symbols] =
      section_header(names.add(".symtab"), elf::SHT_SYMTAB, 0, 8, sizeof(elf::Elf64_Sym));
  headers[Section::symbols].sh_link = Section::strings;
  headers[Section::symbols].sh_info = SymbolTable::kFirstGlobal;
  headers[Section::strings] = section_header(names.add(".strtab"), elf::SHT_STRTAB, 0, 1);
  // Its presence tells the linker that this object needs no executable stack.
  headers[Section::stack_note] =
      section_header(names.add(".note.GNU-stack"), elf::SHT_PROGBITS, 0, 1);
  return headers;
}

}  // namespace

ElfFrame elf_frame(const DataSection& section) {
  Names names;
  auto headers = section_headers(section, names);
  SymbolTable symbols(names);
  for (const DataSymbol& symbol : section.symbols) symbols.define(symbol);
  const auto relocations = relocation_table(section, symbols);

  ElfFrame frame;
  const std::uint64_t head =
      (sizeof(elf::Elf64_Ehdr) + section.alignment - 1) / section.alignment * section.alignment;
  headers[Section::data].sh_offset = head;
  headers[Section::data].sh_size = section.bytes;

  frame.after.resize((8 - section.bytes % 8) % 8);
  const std::uint64_t after_at = head + section.bytes;
  // `append` aligns within `after`, so the offsets it gives are multiples of 8 only if this is.
  const std::uint64_t pad = frame.after.size();
  std::vector<std::byte> tail;
  append(tail, after_at + pad, headers[Section::relocations],
         std::as_bytes(std::span(relocations)));
  append(tail, after_at + pad, headers[Section::symbols], std::as_bytes(symbols.table()));
  append(tail, after_at + pad, headers[Section::strings], std::as_bytes(std::span(names.bytes())));
  append(tail, after_at + pad, headers[Section::stack_note], {});
  elf::Elf64_Shdr place{};
  append(tail, after_at + pad, place, std::as_bytes(std::span(headers)));
  frame.after.insert(frame.after.end(), tail.begin(), tail.end());

  const elf::Elf64_Ehdr header = file_header(place.sh_offset);
  frame.before.resize(head);
  std::memcpy(frame.before.data(), &header, sizeof header);
  return frame;
}

std::string elf_object(const DataSection& section, std::span<const std::byte> content) {
  const ElfFrame frame = elf_frame(section);
  std::string object;
  for (const std::span<const std::byte> part :
       {std::span(frame.before), content, std::span(frame.after)}) {
    object.append(reinterpret_cast<const char*>(part.data()), part.size());
  }
  return object;
}

}  // namespace vitgen
