#include "generators/base/version.h"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <string>

namespace vitgen {

namespace {

std::string note_hex(const char* notes, std::size_t size) {
  std::size_t at = 0;
  while (at + sizeof(ElfW(Nhdr)) <= size) {
    ElfW(Nhdr) header;
    std::memcpy(&header, notes + at, sizeof header);
    const std::size_t name = at + sizeof header;
    const std::size_t content = name + (header.n_namesz + 3) / 4 * 4;
    if (header.n_type == NT_GNU_BUILD_ID) {
      std::string hex;
      for (std::size_t i = 0; i < header.n_descsz; ++i) {
        const auto byte = static_cast<unsigned char>(notes[content + i]);
        hex += "0123456789abcdef"[byte >> 4];
        hex += "0123456789abcdef"[byte & 15];
      }
      return hex;
    }
    at = content + (header.n_descsz + 3) / 4 * 4;
  }
  return {};
}

// dl_iterate_phdr visits the main program first; one visit is enough.
int read_build_id(dl_phdr_info* info, std::size_t, void* out) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const std::string hex =
        note_hex(reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr), segment.p_memsz);
    if (!hex.empty()) *static_cast<std::string*>(out) = hex;
  }
  return 1;
}

}  // namespace

std::string_view build_id() {
  static const std::string id = [] {
    std::string hex;
    dl_iterate_phdr(read_build_id, &hex);
    return hex;
  }();
  return id;
}

}  // namespace vitgen
