// Binary portable graymap and pixmap: "P5" or "P6", width, height, maxval, one white-space byte,
// then samples of one byte, or of two (high byte first) when maxval is over 255.

#include <algorithm>
#include <cmath>

#include "tools/image/decode.h"

namespace vitgen {
namespace {

/// Comments and white space are unbounded in the format; no writer comes near this.
constexpr std::size_t kMaxHeaderBytes = 65536;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class Header {
 public:
  explicit Header(const ImageSource& source) : source_(source) {}

  /// The next decimal number, after white space and comments.
  std::uint64_t number() {
    skip_space();
    std::uint64_t value = 0;
    int digits = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      if (++digits > 10) image_error(source_, "IMG_CORRUPT", "PNM header: number is too long");
      value = value * 10 + static_cast<std::uint64_t>(peek() - '0');
    }
    if (digits == 0) image_error(source_, "IMG_CORRUPT", "PNM header: expected a number");
    return value;
  }

  /// Where the samples begin.
  std::size_t end() {
    if (!is_space(peek())) {
      image_error(source_, "IMG_CORRUPT", "PNM header: expected white space after maxval");
    }
    return at_ + 1;
  }

 private:
  char peek() const {
    if (at_ >= source_.bytes.size()) {
      image_error(source_, "IMG_TRUNCATED", "file ends inside the PNM header");
    }
    if (at_ >= kMaxHeaderBytes) image_error(source_, "IMG_CORRUPT", "PNM header is over 64 KiB");
    return source_.bytes[at_];
  }

  void skip_space() {
    if (!is_space(peek()) && peek() != '#') {
      image_error(source_, "IMG_CORRUPT", "PNM header: expected white space");
    }
    while (is_space(peek()) || peek() == '#') {
      if (peek() == '#') {
        while (peek() != '\n' && peek() != '\r') ++at_;
      }
      ++at_;
    }
  }

  const ImageSource& source_;
  std::size_t at_ = 2;
};

/// A sample as Pillow scales it: to 255, but 16-bit gray to 65535 and then clipped.
std::uint8_t scale_sample(unsigned value, unsigned maxval, int channels) {
  const double most = channels == 1 && maxval > 255 ? 65535 : 255;
  const double scaled = std::nearbyint(static_cast<double>(value) / maxval * most);
  return static_cast<std::uint8_t>(std::min(scaled, 255.0));
}

void require_length(const ImageSource& source, std::size_t begin, std::uint64_t samples_bytes) {
  const std::uint64_t present = source.bytes.size() - begin;
  if (present < samples_bytes) image_error(source, "IMG_TRUNCATED", "file ends inside the pixels");
  if (present > samples_bytes) image_error(source, "IMG_TRAILING", "bytes after the pixels");
}

}  // namespace

Image decode_pnm(const ImageSource& source) {
  const int channels = source.bytes[1] == '6' ? 3 : 1;
  Header header(source);
  const std::uint64_t width = header.number();
  const std::uint64_t height = header.number();
  const std::uint64_t maxval = header.number();
  const std::size_t begin = header.end();
  require_image_size(source, height, width);
  if (maxval < 1 || maxval > 65535) {
    image_error(source, "IMG_CORRUPT", "PNM maxval is not in 1..65535");
  }
  const std::size_t sample_bytes = maxval > 255 ? 2 : 1;
  const std::uint64_t samples = height * width * static_cast<std::uint64_t>(channels);
  require_length(source, begin, samples * sample_bytes);

  std::vector<std::uint8_t> scaled(maxval > 255 ? 65536 : 256);
  for (unsigned v = 0; v < scaled.size(); ++v) {
    scaled[v] = scale_sample(v, static_cast<unsigned>(maxval), channels);
  }
  Image image = make_image(height, width, channels);
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(source.bytes[i]); };
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    const std::size_t at = begin + i * sample_bytes;
    const unsigned value = sample_bytes == 1 ? byte(at) : byte(at) * 256u + byte(at + 1);
    image.pixels[i] = scaled[value];
  }
  return image;
}

}  // namespace vitgen
