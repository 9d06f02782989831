#include "tools/emit/archive.h"

#include <fmt/format.h>
#include <llvm/Object/ArchiveWriter.h>
#include <llvm/Support/MemoryBuffer.h>

#include "generators/base/error.h"

namespace vitgen {

void write_archive(const std::string& path, const std::vector<ArchiveMember>& members) {
  std::vector<llvm::NewArchiveMember> list;
  for (const ArchiveMember& member : members) {
    llvm::NewArchiveMember entry(llvm::MemoryBufferRef(member.object, member.name));
    entry.MemberName = member.name;
    entry.ModTime = {};
    entry.Perms = 0644;
    list.push_back(std::move(entry));
  }
  constexpr bool deterministic = true;
  constexpr bool thin = false;
  llvm::Error error = llvm::writeArchive(path, list, llvm::SymtabWritingMode::NormalSymtab,
                                         llvm::object::Archive::K_GNU, deterministic, thin);
  if (error) {
    throw Error(ExitCode::io, "IO_WRITE",
                fmt::format("{}: cannot write the archive: {}", printable(path),
                            printable(llvm::toString(std::move(error)))));
  }
}

}  // namespace vitgen
