#pragma once
// A strict reader of one safetensors file: 8 bytes little-endian header length N, N bytes of JSON,
// then the tensors without a gap. What the header promises is checked before anything is read by
// it.
//
// Errors: those of safetensors_header.h, and ST_TOO_SMALL, ST_HEADER_TOO_LARGE, ST_HEADER_LENGTH
// (class bad_input); IO_* of base/file.h (class io). Tensors are copied by `pread`, never mapped,
// so a file that changes under the reader is an error and not a signal.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "generators/base/file.h"
#include "generators/weights/tensor_info.h"

namespace vitgen {

class Safetensors {
 public:
  static Safetensors open(const std::string& path);
  /// From an open file; its position is not used.
  static Safetensors adopt(RegularFile file);

  const std::string& name() const { return file_.name(); }
  const RegularFile& file() const { return file_; }
  /// In the order of the header; byte ranges count from the start of the file.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  const std::vector<std::pair<std::string, std::string>>& metadata() const { return metadata_; }

  const TensorInfo* find(std::string_view name) const;

  /// Copies the bytes of a tensor; `out` must be as large as it is.
  void read(std::string_view name, std::span<std::byte> out) const;
  /// Copies `out.size()` bytes of the tensor from its byte `offset`.
  void read_bytes(const TensorInfo& tensor, std::uint64_t offset, std::span<std::byte> out) const;
  /// Elements [first, first + out.size()) as f32, through a buffer of at most 256 KiB. Errors:
  /// ST_DTYPE when the tensor is not f32, f16 or bf16.
  void read_f32(const TensorInfo& tensor, std::uint64_t first, std::span<float> out) const;

 private:
  explicit Safetensors(RegularFile file) : file_(std::move(file)) {}

  RegularFile file_;
  std::vector<TensorInfo> tensors_;
  std::vector<std::uint32_t> by_name_;  ///< indices of tensors_, sorted by name
  std::vector<std::pair<std::string, std::string>> metadata_;
};

/// Indices of `tensors` sorted by name, for `find_by_name`. A sorted list rather than a hash table:
/// its cost does not depend on names that someone chose to collide.
std::vector<std::uint32_t> sort_by_name(const std::vector<TensorInfo>& tensors);
const TensorInfo* find_by_name(const std::vector<TensorInfo>& tensors,
                               const std::vector<std::uint32_t>& by_name, std::string_view name);

}  // namespace vitgen
