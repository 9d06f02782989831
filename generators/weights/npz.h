#pragma once
// A strict reader of .npz files (numpy.savez, numpy.savez_compressed): a zip archive with one .npy
// for each tensor. A tensor is called as its entry without ".npy"; names are never used as paths.
//
// Errors (bad_input): those of zip_archive.h and base/npy_header.h; NPZ_NAME (an entry that is no
// "some/name.npy"), NPZ_LIMIT, NPY_TYPE (elements that no weight file has: objects, text, complex
// doubles, big-endian numbers), NPY_LENGTH (the data is shorter or longer than the shape says). An
// array of numbers that are not f32, f16 or bf16 may stand in a file; reading it is NPY_TYPE.
// numpy has no bf16: it writes such an array as V2, two bytes without a meaning, which is read so.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "generators/weights/tensor_info.h"
#include "generators/weights/zip_archive.h"

namespace vitgen {

struct NpzLimits {
  static constexpr std::size_t name_bytes = 512;
  static constexpr std::size_t header_bytes = 4096;
  /// As much as one tensor of a model may take (CFG_BUDGET).
  static constexpr std::uint64_t array_bytes = std::uint64_t{1} << 33;
};

class Npz {
 public:
  static Npz open(const std::string& path);
  /// From an open file; its position is not used.
  static Npz adopt(RegularFile file);

  const std::string& name() const { return archive_->file().name(); }
  /// In the order of the archive. Byte ranges count from the start of the unpacked entry, whose
  /// number is `TensorInfo::file`.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }

  /// Elements [first, first + out.size()) as f32. An entry that is read to its end is read with its
  /// checksum. Pieces that follow each other are unpacked once; not for several threads at a time.
  void read_f32(const TensorInfo& tensor, std::uint64_t first, std::span<float> out) const;

 private:
  struct Open {
    std::uint32_t entry = 0;
    ZipStream stream;
  };
  explicit Npz(RegularFile file) : archive_(std::make_unique<ZipArchive>(std::move(file))) {}
  TensorInfo describe(std::size_t index) const;
  void read_bytes(const TensorInfo& tensor, std::uint64_t offset, std::span<std::byte> out) const;

  std::unique_ptr<ZipArchive> archive_;  ///< stays where it is: streams refer to it
  std::vector<TensorInfo> tensors_;
  mutable std::unique_ptr<Open> open_;  ///< where the last piece ended
};

}  // namespace vitgen
