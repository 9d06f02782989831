#include "tools/image/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>

#include "generators/base/error.h"
#include "generators/base/file.h"
#include "generators/base/npy_header.h"
#include "generators/base/output_set.h"

namespace vitgen {
namespace {

constexpr std::size_t kMaxHeaderBytes = 65536;

std::size_t size_of(NpyType type) { return type == NpyType::f32 ? 4 : 1; }

NpyType type_named(std::string_view text, const std::string& source) {
  if (text == "<f4") return NpyType::f32;
  if (text == "|u1" || text == "<u1") return NpyType::u8;
  npy_error(source, "NPY_TYPE",
            fmt::format("elements are {}, expected <f4 (float32) or |u1 (uint8)", printable(text)));
}

NpyPrologue read_prologue(const RegularFile& file) {
  std::array<std::byte, kNpyPrologueBytes> bytes{};
  const auto start = std::span(bytes).first(std::min<std::uint64_t>(file.size(), bytes.size()));
  file.pread_exact(start, 0);
  return npy_prologue(start, file.name());
}

}  // namespace

std::span<const float> NpyArray::floats() const {
  assert(type == NpyType::f32);
  return {static_cast<const float*>(static_cast<const void*>(bytes.data())), bytes.size() / 4};
}

NpyArray read_npy(const std::string& path, std::uint64_t limit_bytes) {
  const RegularFile file = RegularFile::open(path);
  const NpyPrologue prologue = read_prologue(file);
  const std::uint64_t data_begin = prologue.data_begin();
  if (prologue.header_bytes > kMaxHeaderBytes || data_begin > file.size()) {
    npy_error(path, "NPY_FORMAT", "header is over 64 KiB or longer than the file");
  }
  std::string text(prologue.header_bytes, '\0');
  file.pread_exact(std::as_writable_bytes(std::span(text)), prologue.header_begin);
  NpyHeader header = parse_npy_header(text, path);
  NpyArray array{type_named(header.type, path), std::move(header.shape), {}};

  const auto bytes = npy_data_bytes(size_of(array.type), array.shape, limit_bytes);
  if (!bytes) {
    npy_error(path, "NPY_SHAPE",
              fmt::format("array of {} elements is over {} bytes", fmt::join(array.shape, " x "),
                          limit_bytes));
  }
  if (file.size() - data_begin != *bytes) {
    npy_error(path, "NPY_LENGTH",
              fmt::format("expected {} bytes of data, got {}", *bytes, file.size() - data_begin));
  }
  array.bytes.resize(*bytes);
  file.pread_exact(array.bytes, data_begin);
  return array;
}

void write_npy(const std::string& path, NpyType type, std::span<const std::uint64_t> shape,
               std::span<const std::byte> data) {
  assert(npy_data_bytes(size_of(type), shape, UINT64_MAX) == data.size());
  const std::string axes =
      fmt::format("{}{}", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                   type == NpyType::f32 ? "<f4" : "|u1", axes);
  constexpr std::size_t kFixed = 10;
  const std::size_t unpadded = kFixed + header.size() + 1;
  header.append((64 - unpadded % 64) % 64, ' ');
  header += '\n';

  std::string content("\x93NUMPY");
  content += '\1';
  content += '\0';
  content += static_cast<char>(header.size() & 0xff);
  content += static_cast<char>(header.size() >> 8);
  content += header;
  content.append(reinterpret_cast<const char*>(data.data()), data.size());
  write_aside(path, content);
}

}  // namespace vitgen
