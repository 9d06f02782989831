#include "tools/emit/kernel_record.h"

#include <cerrno>
#include <cstdio>

#include "generators/base/file.h"
#include "generators/base/output_set.h"
#include "generators/base/sha256.h"
#include "tools/emit/kernel_object_code.h"

namespace vitgen {

namespace {
constexpr std::uint64_t kRecordLimit = 4096;
}  // namespace

std::filesystem::path record_path(const std::filesystem::path& object) {
  return object.string() + ".kernel";
}

std::optional<KernelRecord> read_record(const std::filesystem::path& object) try {
  std::string text = read_whole(record_path(object).string(), kRecordLimit);
  if (!text.empty() && text.back() == '\n') text.pop_back();
  const auto record = from_text<KernelRecord>(text);
  if (sha256_hex(read_whole(object.string(), kMaxObjectBytes)) != record.object_hash) {
    return std::nullopt;
  }
  return record;
} catch (const Error&) {
  return std::nullopt;  // absent or damaged: the kernel is compiled again
}

void write_record(const KernelObject& kernel) {
  const KernelRecord record = {
      .object_hash = sha256_hex(read_whole(kernel.object.string(), kMaxObjectBytes)),
      .shared_scratch = kernel.shared_scratch,
      .task_scratch = kernel.task_scratch};
  write_aside(record_path(kernel.object).string(), to_text(record) + "\n");
}

// Whoever finds the object without its record compiles it again.
void publish_kernel(const std::filesystem::path& aside, const std::filesystem::path& object) {
  if (!std::filesystem::exists(record_path(aside))) return;
  for (const auto& [from, to] :
       {std::pair(aside, object), std::pair(record_path(aside), record_path(object))}) {
    if (::rename(from.c_str(), to.c_str()) == 0) continue;
    io_error("IO_RENAME", to.string(), "cannot put a kernel into the cache", errno);
  }
}

}  // namespace vitgen
