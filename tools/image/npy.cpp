// Layout: "\x93NUMPY", version (major, minor), length of the header (u16, from version 2 on u32),
// the header (a Python dict literal, padded so that the data is aligned to 64), the data.

#include "tools/image/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cassert>
#include <cstring>
#include <optional>
#include <string_view>

#include "generators/base/error.h"
#include "generators/base/file.h"
#include "generators/base/output_set.h"

namespace vitgen {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxHeaderBytes = 65536;
constexpr std::size_t kMaxAxes = 8;

[[noreturn]] void npy_error(const std::string& name, std::string_view code, std::string_view what) {
  throw Error(ExitCode::bad_input, code, fmt::format("{}: {}", printable(name), what));
}

std::size_t size_of(NpyType type) { return type == NpyType::f32 ? 4 : 1; }

/// The part of Python's literal grammar that numpy writes:
/// {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }
class HeaderParser {
 public:
  HeaderParser(const std::string& name, std::string_view text) : name_(name), text_(text) {}

  NpyArray parse() {
    expect('{');
    while (!accept('}')) {
      parse_field();
      if (accept('}')) break;
      expect(',');
    }
    skip_space();
    if (!text_.empty()) fail("text after the header's dict");
    if (!type_ || !order_seen_ || !shape_) fail("a header field is missing");
    NpyArray array;
    array.type = *type_;
    array.shape = *shape_;
    return array;
  }

 private:
  [[noreturn]] void fail(std::string_view what) { npy_error(name_, "NPY_FORMAT", what); }

  void skip_space() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n')) {
      text_.remove_prefix(1);
    }
  }

  bool accept(char c) {
    skip_space();
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!accept(c)) fail(fmt::format("header: expected '{}'", c));
  }

  std::string_view parse_string() {
    skip_space();
    const char quote = text_.empty() ? '\0' : text_.front();
    if (quote != '\'' && quote != '"') fail("header: expected a string");
    const std::size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos) fail("header: a string does not end");
    const std::string_view value = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return value;
  }

  void parse_field() {
    const std::string_view key = parse_string();
    expect(':');
    if (key == "descr" && !type_) {
      parse_type();
    } else if (key == "fortran_order" && !order_seen_) {
      parse_order();
    } else if (key == "shape" && !shape_) {
      parse_shape();
    } else {
      fail("header: unknown or repeated field");
    }
  }

  void parse_type() {
    skip_space();
    if (!text_.empty() && text_.front() == '[') npy_error(name_, "NPY_TYPE", "structured array");
    const std::string_view text = parse_string();
    if (text == "<f4") {
      type_ = NpyType::f32;
    } else if (text == "|u1" || text == "<u1") {
      type_ = NpyType::u8;
    } else {
      npy_error(
          name_, "NPY_TYPE",
          fmt::format("elements are {}, expected <f4 (float32) or |u1 (uint8)", printable(text)));
    }
  }

  void parse_order() {
    skip_space();
    order_seen_ = true;
    if (text_.starts_with("True")) npy_error(name_, "NPY_TYPE", "array is in Fortran order");
    if (!text_.starts_with("False")) fail("header: expected True or False");
    text_.remove_prefix(5);
  }

  void parse_shape() {
    expect('(');
    shape_.emplace();
    bool comma = true;
    while (!accept(')')) {
      if (!comma) fail("header: expected ',' in the shape");
      if (shape_->size() == kMaxAxes) npy_error(name_, "NPY_SHAPE", "array has over 8 axes");
      shape_->push_back(parse_number());
      comma = accept(',');
    }
    if (shape_->size() == 1 && !comma) fail("header: a shape of one axis ends in a comma");
  }

  std::uint64_t parse_number() {
    skip_space();
    std::uint64_t value = 0;
    std::size_t digits = 0;
    for (; digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9'; ++digits) {
      if (digits == 18) npy_error(name_, "NPY_SHAPE", "an axis is too long");
      value = value * 10 + static_cast<std::uint64_t>(text_[digits] - '0');
    }
    if (digits == 0) fail("header: expected a number in the shape");
    text_.remove_prefix(digits);
    return value;
  }

  const std::string& name_;
  std::string_view text_;
  std::optional<NpyType> type_;
  bool order_seen_ = false;
  std::optional<std::vector<std::uint64_t>> shape_;
};

/// Bytes of the data, or nothing when that is over `limit`.
std::optional<std::uint64_t> data_bytes(NpyType type, std::span<const std::uint64_t> shape,
                                        std::uint64_t limit) {
  std::uint64_t bytes = size_of(type);
  for (const std::uint64_t axis : shape) {
    if (__builtin_mul_overflow(bytes, axis, &bytes)) return std::nullopt;
  }
  if (bytes > limit) return std::nullopt;
  return bytes;
}

struct Prologue {
  std::uint64_t header_begin;
  std::uint64_t header_bytes;
};

Prologue read_prologue(const RegularFile& file) {
  std::array<std::byte, 12> bytes{};
  const std::uint64_t present = std::min<std::uint64_t>(file.size(), bytes.size());
  file.pread_exact(std::span(bytes).first(present), 0);
  const auto byte = [&](std::size_t i) { return std::to_integer<std::uint64_t>(bytes[i]); };
  if (present < 10 || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0 || byte(6) < 1 ||
      byte(6) > 3 || byte(7) != 0) {
    npy_error(file.name(), "NPY_FORMAT", "not an .npy file of version 1, 2 or 3");
  }
  const std::uint64_t low = byte(8) | byte(9) << 8;
  if (byte(6) == 1) return {10, low};
  return {12, low | byte(10) << 16 | byte(11) << 24};
}

}  // namespace

std::span<const float> NpyArray::floats() const {
  assert(type == NpyType::f32);
  return {static_cast<const float*>(static_cast<const void*>(bytes.data())), bytes.size() / 4};
}

NpyArray read_npy(const std::string& path, std::uint64_t limit_bytes) {
  const RegularFile file = RegularFile::open(path);
  const Prologue prologue = read_prologue(file);
  const std::uint64_t data_begin = prologue.header_begin + prologue.header_bytes;
  if (prologue.header_bytes > kMaxHeaderBytes || data_begin > file.size()) {
    npy_error(path, "NPY_FORMAT", "header is over 64 KiB or longer than the file");
  }
  std::string header(prologue.header_bytes, '\0');
  file.pread_exact(std::as_writable_bytes(std::span(header)), prologue.header_begin);
  NpyArray array = HeaderParser(path, header).parse();

  const auto bytes = data_bytes(array.type, array.shape, limit_bytes);
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
  assert(data_bytes(type, shape, UINT64_MAX) == data.size());
  const std::string axes =
      fmt::format("{}{}", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                   type == NpyType::f32 ? "<f4" : "|u1", axes);
  constexpr std::size_t kFixed = 10;
  const std::size_t unpadded = kFixed + header.size() + 1;
  header.append((64 - unpadded % 64) % 64, ' ');
  header += '\n';

  std::string content(kMagic);
  content += '\1';
  content += '\0';
  content += static_cast<char>(header.size() & 0xff);
  content += static_cast<char>(header.size() >> 8);
  content += header;
  content.append(reinterpret_cast<const char*>(data.data()), data.size());
  write_aside(path, content);
}

}  // namespace vitgen
