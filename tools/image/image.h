#pragma once
// Image files as 8-bit pixels: PNG, JPEG and binary PNM (P5, P6), told apart by their first bytes.
//
// The pixels are those of Pillow's Image.open(file).convert("RGB"), or convert("L") of a gray
// file: alpha and colour profiles are dropped without blending, EXIF orientation is not applied,
// 16-bit colour keeps its high byte, and 16-bit gray is clipped to 255 (so that most such images
// turn white, in Pillow as here). JPEG goes through libjpeg's default (accurate integer) transform.
//
// Errors are of class ExitCode::bad_input and name the file:
//   IMG_FORMAT       not one of the formats above, or a kind of them that is not read
//   IMG_SIZE         height or width not in 1..65535, or over 2^28 pixels
//   IMG_TRUNCATED    the file ends early, or is far too short for its dimensions
//   IMG_CORRUPT      bad checksum, code, header field or palette index
//   IMG_TRAILING     bytes after the end of a PNG or PNM (a JPEG may have them: cameras do that)
//   IMG_UNSUPPORTED  CMYK, arithmetic-coded or many-scan JPEG
// and IO_* of generators/base/file.h.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vitgen {

/// height x width x channels, interleaved, rows dense. One channel is gray, three are RGB.
struct Image {
  int height = 0;
  int width = 0;
  int channels = 0;
  std::vector<std::uint8_t> pixels;
};

Image read_image(const std::string& path);

/// The same of a file's content; `name` stands in error messages.
Image decode_image(std::string_view bytes, const std::string& name);

}  // namespace vitgen
