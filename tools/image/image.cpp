#include "tools/image/image.h"

#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/base/file.h"
#include "generators/base/image_limit.h"
#include "tools/image/decode.h"

namespace vitgen {
namespace {

constexpr auto kMaxEdge = static_cast<std::uint64_t>(kMaxImageEdge);
constexpr std::uint64_t kMaxPixels = std::uint64_t{1} << 28;
/// 2^28 pixels of 16-bit RGB without compression fit in this.
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{2} << 30;

}  // namespace

void image_error(const ImageSource& source, std::string_view code, std::string_view what) {
  throw Error(ExitCode::bad_input, code,
              fmt::format("{}: {}", printable(source.name), printable(what)));
}

void require_image_size(const ImageSource& source, std::uint64_t height, std::uint64_t width) {
  const bool fits = height >= 1 && width >= 1 && height <= kMaxEdge && width <= kMaxEdge &&
                    height * width <= kMaxPixels;
  if (fits) return;
  throw Error(ExitCode::bad_input, "IMG_SIZE",
              fmt::format("{}: image of {} x {} pixels", printable(source.name), height, width),
              "edges are 1 to 65535 pixels, and an image has at most 268435456 of them");
}

void require_plausible_length(const ImageSource& source, std::uint64_t needed,
                              std::uint64_t ratio) {
  if (needed / ratio <= source.bytes.size()) return;
  image_error(source, "IMG_TRUNCATED", "file is too short for the image size in its header");
}

Image make_image(std::uint64_t height, std::uint64_t width, int channels) {
  Image image;
  image.height = static_cast<int>(height);
  image.width = static_cast<int>(width);
  image.channels = channels;
  image.pixels.resize(height * width * static_cast<std::uint64_t>(channels));
  return image;
}

Image decode_image(std::string_view bytes, const std::string& name) {
  const ImageSource source{bytes, name};
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return decode_png(source);
  if (bytes.starts_with("\xff\xd8\xff")) return decode_jpeg(source);
  if (bytes.starts_with("P5") || bytes.starts_with("P6")) return decode_pnm(source);
  throw Error(ExitCode::bad_input, "IMG_FORMAT",
              fmt::format("{}: not a PNG, JPEG or binary PNM image", printable(name)),
              "convert it, for example to PNG");
}

Image read_image(const std::string& path) {
  return decode_image(read_whole(path, kMaxFileBytes), path);
}

}  // namespace vitgen
