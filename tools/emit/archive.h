#pragma once
// A static library with the same bytes for the same members, whatever the time, user and directory.

#include <string>
#include <string_view>
#include <vector>

namespace vitgen {

struct ArchiveMember {
  std::string name;         ///< "fashion_table.o"
  std::string_view object;  ///< the bytes, alive until the archive is written
};

/// Writes the archive with a symbol index, members in the given order. Errors: io IO_WRITE.
void write_archive(const std::string& path, const std::vector<ArchiveMember>& members);

}  // namespace vitgen
