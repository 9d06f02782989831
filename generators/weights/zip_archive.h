#pragma once
// The zip container of .npz files, through libzip: its list of entries and their bytes, unpacked.
//
// Errors (bad_input, each names the file): NPZ_ZIP (no zip archive, cut off, or the directory and
// the entries disagree), NPZ_DUP, NPZ_METHOD (encrypted, or packed otherwise than numpy does),
// NPZ_LIMIT, NPZ_RATIO (entries that overlap, or are larger than their packed bytes can hold),
// NPZ_DATA (packed bytes that do not unpack to what the directory says, checksum included); IO_* of
// base/file.h.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "generators/base/file.h"

struct zip;
struct zip_file;

namespace vitgen {

struct ZipLimits {
  static constexpr std::size_t entries = 100'000;
};

struct ZipEntry {
  std::string name;
  std::uint64_t bytes = 0;  ///< unpacked
};

class ZipArchive;

/// One entry from its beginning.
class ZipStream {
 public:
  /// Fills `out` with the next bytes.
  void read(std::span<std::byte> out);
  /// The next `count` bytes are not wanted.
  void skip(std::uint64_t count);
  std::uint64_t position() const { return position_; }
  /// After the last byte: it was the last one, and the checksum is right.
  void require_end();

 private:
  friend class ZipArchive;
  struct Close {
    void operator()(zip_file* file) const;
  };
  ZipStream(const ZipArchive& archive, std::string name, zip_file* file);
  std::int64_t read_some(std::byte* out, std::size_t count);

  const ZipArchive* archive_;
  std::string name_;
  std::unique_ptr<zip_file, Close> file_;
  std::uint64_t position_ = 0;
};

/// An open archive. Not for several threads at a time: its streams share one file position.
class ZipArchive {
 public:
  explicit ZipArchive(RegularFile file);

  const RegularFile& file() const { return file_; }
  const std::vector<ZipEntry>& entries() const { return entries_; }

  /// Number `index` of entries(). The stream must not outlive the archive.
  ZipStream open(std::size_t index) const;

 private:
  struct Discard {
    void operator()(zip* archive) const;
  };
  void list_entries();

  RegularFile file_;
  std::unique_ptr<zip, Discard> zip_;
  std::vector<ZipEntry> entries_;
};

}  // namespace vitgen
