#pragma once
// A relocatable ELF object (x86-64) with one section of constant data, written without a compiler
// or an assembler. The content need not be in memory: the file is before + content + after.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/emit/constant_data.h"

namespace vitgen {

struct DataSymbol {
  std::string name;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  bool visible = false;  ///< default visibility; else hidden
};

struct DataSection {
  std::string name;
  bool relocated_at_load = false;  ///< holds pointers: writable until relocation is done
  bool large = false;              ///< may be gigabytes: placed away from code (SHF_X86_64_LARGE)
  std::uint64_t alignment = 8;
  std::uint64_t bytes = 0;
  std::vector<DataSymbol> symbols;
  std::vector<PointerFixup> fixups;  ///< targets without a symbol are offsets into the section
};

struct ElfFrame {
  std::vector<std::byte> before;  ///< its size is a multiple of the section's alignment
  std::vector<std::byte> after;
};

ElfFrame elf_frame(const DataSection& section);

/// The whole object for content that is in memory.
std::string elf_object(const DataSection& section, std::span<const std::byte> content);

}  // namespace vitgen
