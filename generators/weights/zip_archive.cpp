#include "generators/weights/zip_archive.h"

#include <fmt/format.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "generators/base/error.h"
#include "generators/base/unique_fd.h"

namespace vitgen {
namespace {

/// No byte of a deflate stream stands for more: a match of 258 bytes in 2 bits.
constexpr std::uint64_t kMostUnpacked = 1032;
constexpr std::uint64_t kPieceBytes = std::uint64_t{64} << 10;

[[noreturn]] void refuse(const RegularFile& file, std::string_view code, const std::string& what,
                         const std::string& hint = {}) {
  throw Error(ExitCode::bad_input, code, fmt::format("{}: {}", printable(file.name(), 300), what),
              hint);
}

[[noreturn]] void refuse_open(const RegularFile& file, int error) {
  if (error == ZIP_ER_EXISTS) refuse(file, "NPZ_DUP", "two entries have the same name");
  if (error == ZIP_ER_MEMORY) throw std::bad_alloc();
  if (error == ZIP_ER_NOZIP) {
    refuse(file, "NPZ_ZIP", "no zip archive, or one that is cut off",
           "an .npz is what numpy.savez writes; if it is one, download or copy it again");
  }
  zip_error_t text;
  zip_error_init_with_code(&text, error);
  const std::string what = zip_error_strerror(&text);
  zip_error_fini(&text);
  refuse(file, "NPZ_ZIP", fmt::format("damaged zip archive: {}", printable(what)),
         "download or copy the file again");
}

/// libzip looks for the directory from the end; bytes before the first entry would be ignored.
void require_entry_at_start(const RegularFile& file) {
  std::array<std::byte, 4> start{};
  if (file.size() >= start.size()) file.pread_exact(start, 0);
  const std::string_view magic(reinterpret_cast<const char*>(start.data()), start.size());
  if (magic != "PK\3\4" && magic != "PK\5\6") refuse_open(file, ZIP_ER_NOZIP);
}

void check_packing(const RegularFile& file, const zip_stat_t& stat, const std::string& name) {
  constexpr zip_uint64_t wanted =
      ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if ((stat.valid & wanted) != wanted) {
    refuse(file, "NPZ_ZIP", fmt::format("{}: its sizes are missing", printable(name)));
  }
  if (stat.encryption_method != ZIP_EM_NONE) {
    refuse(file, "NPZ_METHOD", fmt::format("{}: encrypted", printable(name)));
  }
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE) {
    refuse(file, "NPZ_METHOD",
           fmt::format("{}: packed with method {}, expected 0 (stored) or 8 (deflate)",
                       printable(name), stat.comp_method),
           "write it with numpy.savez or numpy.savez_compressed");
  }
  if (stat.comp_method == ZIP_CM_STORE && stat.size != stat.comp_size) {
    refuse(
        file, "NPZ_ZIP",
        fmt::format("{}: {} bytes are stored in {}", printable(name), stat.size, stat.comp_size));
  }
  if (stat.size / kMostUnpacked > stat.comp_size) {
    refuse(file, "NPZ_RATIO",
           fmt::format("{}: {} bytes cannot come from {} packed ones", printable(name), stat.size,
                       stat.comp_size));
  }
}

}  // namespace

void ZipArchive::Discard::operator()(zip* archive) const { zip_discard(archive); }

ZipArchive::ZipArchive(RegularFile file) : file_(std::move(file)) {
  require_entry_at_start(file_);
  const int fd = ::dup(file_.fd());
  if (fd < 0) io_error("IO_OPEN", file_.name(), "cannot be opened twice", errno);
  int error = 0;
  zip_.reset(zip_fdopen(fd, ZIP_CHECKCONS, &error));
  if (!zip_) {
    ::close(fd);
    refuse_open(file_, error);
  }
  list_entries();
  file_.require_unchanged();
}

void ZipArchive::list_entries() {
  const zip_int64_t count = zip_get_num_entries(zip_.get(), 0);
  if (count < 0 || static_cast<std::size_t>(count) > ZipLimits::entries) {
    refuse(file_, "NPZ_LIMIT",
           fmt::format("{} entries, the limit is {}", count, ZipLimits::entries));
  }
  std::uint64_t packed = 0;
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    const char* name = zip_get_name(zip_.get(), i, ZIP_FL_ENC_RAW);
    if (name == nullptr || zip_stat_index(zip_.get(), i, 0, &stat) != 0) {
      refuse(file_, "NPZ_ZIP", fmt::format("entry {} cannot be read", i));
    }
    check_packing(file_, stat, name);
    packed = stat.comp_size > file_.size() - packed ? file_.size() + 1 : packed + stat.comp_size;
    if (packed > file_.size()) {
      refuse(file_, "NPZ_RATIO",
             fmt::format("{}: overlaps another entry", printable(std::string_view(name))));
    }
    entries_.push_back({name, stat.size});
  }
}

ZipStream ZipArchive::open(std::size_t index) const {
  const std::string& name = entries_.at(index).name;
  zip_file_t* file = zip_fopen_index(zip_.get(), index, 0);
  if (file == nullptr) {
    refuse(file_, "NPZ_DATA",
           fmt::format("{}: {}", printable(name), printable(zip_strerror(zip_.get()))));
  }
  return {*this, name, file};
}

void ZipStream::Close::operator()(zip_file* file) const { zip_fclose(file); }

ZipStream::ZipStream(const ZipArchive& archive, std::string name, zip_file* file)
    : archive_(&archive), name_(std::move(name)), file_(file) {}

/// Bytes read, at least 1 but at the end.
std::int64_t ZipStream::read_some(std::byte* out, std::size_t count) {
  const zip_int64_t got = zip_fread(file_.get(), out, count);
  archive_->file().require_unchanged();
  if (got < 0) {
    refuse(archive_->file(), "NPZ_DATA",
           fmt::format("{}: {}", printable(name_), printable(zip_file_strerror(file_.get()))),
           "download or copy the file again");
  }
  position_ += static_cast<std::uint64_t>(got);
  return got;
}

void ZipStream::read(std::span<std::byte> out) {
  while (!out.empty()) {
    const std::int64_t got = read_some(out.data(), std::min<std::size_t>(out.size(), kPieceBytes));
    if (got == 0) {
      refuse(archive_->file(), "NPZ_DATA",
             fmt::format("{}: ends after {} bytes", printable(name_), position_));
    }
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

void ZipStream::skip(std::uint64_t count) {
  std::vector<std::byte> piece(std::min(count, kPieceBytes));
  for (; count > piece.size(); count -= piece.size()) read(piece);
  read(std::span(piece).first(static_cast<std::size_t>(count)));
}

void ZipStream::require_end() {
  std::byte more{};
  if (read_some(&more, 1) == 0) return;
  refuse(archive_->file(), "NPZ_DATA",
         fmt::format("{}: more bytes than its directory entry says", printable(name_)));
}

}  // namespace vitgen
