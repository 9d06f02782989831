#pragma once
// What the decoders share: limits, errors, and one function per format.

#include <string>
#include <string_view>

#include "tools/image/image.h"

namespace vitgen {

struct ImageSource {
  std::string_view bytes;
  const std::string& name;
};

/// Throws Error(bad_input, code): `<name>: <what>`. `what` may hold text from the file.
[[noreturn]] void image_error(const ImageSource& source, std::string_view code,
                              std::string_view what);

/// Throws IMG_SIZE unless both edges are in 1..65535 and there are at most 2^28 pixels.
void require_image_size(const ImageSource& source, std::uint64_t height, std::uint64_t width);

/// Throws IMG_TRUNCATED when `needed` bytes cannot come out of the source at `ratio` to one, so
/// that a short file that claims a large image is refused before memory is taken for it.
void require_plausible_length(const ImageSource& source, std::uint64_t needed, std::uint64_t ratio);

/// An image of a size that passed require_image_size, pixels zero.
Image make_image(std::uint64_t height, std::uint64_t width, int channels);

Image decode_png(const ImageSource& source);
Image decode_jpeg(const ImageSource& source);
Image decode_pnm(const ImageSource& source);

}  // namespace vitgen
