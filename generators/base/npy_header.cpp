#include "generators/base/npy_header.h"

#include <fmt/format.h>

#include <cstring>

#include "generators/base/error.h"

namespace vitgen {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxAxes = 8;

class HeaderParser {
 public:
  HeaderParser(std::string_view source, std::string_view text) : source_(source), text_(text) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      parse_field();
      if (accept('}')) break;
      expect(',');
    }
    skip_space();
    if (!text_.empty()) fail("text after the header's dict");
    if (!type_ || !order_seen_ || !shape_) fail("a header field is missing");
    return {std::move(*type_), std::move(*shape_)};
  }

 private:
  [[noreturn]] void fail(std::string_view what) { npy_error(source_, "NPY_FORMAT", what); }

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
    if (!text_.empty() && text_.front() == '[') npy_error(source_, "NPY_TYPE", "structured array");
    type_.emplace(parse_string());
  }

  void parse_order() {
    skip_space();
    order_seen_ = true;
    if (text_.starts_with("True")) npy_error(source_, "NPY_TYPE", "array is in Fortran order");
    if (!text_.starts_with("False")) fail("header: expected True or False");
    text_.remove_prefix(5);
  }

  void parse_shape() {
    expect('(');
    shape_.emplace();
    bool comma = true;
    while (!accept(')')) {
      if (!comma) fail("header: expected ',' in the shape");
      if (shape_->size() == kMaxAxes) npy_error(source_, "NPY_SHAPE", "array has over 8 axes");
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
      if (digits == 18) npy_error(source_, "NPY_SHAPE", "an axis is too long");
      value = value * 10 + static_cast<std::uint64_t>(text_[digits] - '0');
    }
    if (digits == 0) fail("header: expected a number in the shape");
    text_.remove_prefix(digits);
    return value;
  }

  std::string_view source_;
  std::string_view text_;
  std::optional<std::string> type_;
  bool order_seen_ = false;
  std::optional<std::vector<std::uint64_t>> shape_;
};

}  // namespace

void npy_error(std::string_view source, std::string_view code, std::string_view what) {
  throw Error(ExitCode::bad_input, code, fmt::format("{}: {}", printable(source, 300), what));
}

NpyPrologue npy_prologue(std::span<const std::byte> start, std::string_view source) {
  const auto byte = [&](std::size_t i) {
    return i < start.size() ? std::to_integer<std::uint64_t>(start[i]) : 0;
  };
  if (start.size() < 10 || std::memcmp(start.data(), kMagic.data(), kMagic.size()) != 0 ||
      byte(6) < 1 || byte(6) > 3 || byte(7) != 0) {
    npy_error(source, "NPY_FORMAT", "not an .npy file of version 1, 2 or 3");
  }
  const std::uint64_t low = byte(8) | byte(9) << 8;
  if (byte(6) == 1) return {10, low};
  return {12, low | byte(10) << 16 | byte(11) << 24};
}

NpyHeader parse_npy_header(std::string_view text, std::string_view source) {
  return HeaderParser(source, text).parse();
}

std::optional<std::uint64_t> npy_data_bytes(std::uint64_t element_bytes,
                                            std::span<const std::uint64_t> shape,
                                            std::uint64_t limit) {
  std::uint64_t bytes = element_bytes;
  for (const std::uint64_t axis : shape) {
    if (__builtin_mul_overflow(bytes, axis, &bytes)) return std::nullopt;
  }
  if (bytes > limit) return std::nullopt;
  return bytes;
}

}  // namespace vitgen
