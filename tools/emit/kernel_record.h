#pragma once
// What the cache keeps beside an object.

#include <filesystem>
#include <optional>

#include "tools/emit/kernel.h"

namespace vitgen {

struct KernelRecord {
  std::string object_hash;  ///< SHA-256 of the object file
  std::uint64_t shared_scratch = 0;
  std::uint64_t task_scratch = 0;

  template <class V>
  void visit(V& v) {
    v("object_hash", object_hash);
    v("shared_scratch", shared_scratch);
    v("task_scratch", task_scratch);
  }
};

std::filesystem::path record_path(const std::filesystem::path& object);

/// The record of `object`, if there is one and the object's bytes are those it was made for.
std::optional<KernelRecord> read_record(const std::filesystem::path& object);

/// Writes the record of an object that was just compiled.
void write_record(const KernelObject& kernel);

/// Moves a worker's object with its record, if it left them, to `object` in the cache of the same
/// file system. Throws io IO_RENAME.
void publish_kernel(const std::filesystem::path& aside, const std::filesystem::path& object);

}  // namespace vitgen
