// PNG through libpng, which reports errors by longjmp: each call into it stands in a function
// whose locals are trivial, and the C++ side turns a false into an Error afterwards.

#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "tools/image/decode.h"

namespace vitgen {
namespace {

/// deflate codes 258 bytes in two bits at best.
constexpr std::uint64_t kMostInflation = 1032;
/// Chunks that are kept in memory; nothing that is read here comes near it.
constexpr png_alloc_size_t kMaxChunkBytes = 1 << 20;

struct Decoder {
  png_structp png;
  png_infop info;
  std::string_view bytes;
  std::size_t at;
  bool ran_out;
  char message[160];
};

extern "C" {

[[noreturn]] void vitgen_png_error(png_structp png, png_const_charp message) {
  Decoder& decoder = *static_cast<Decoder*>(png_get_error_ptr(png));
  std::snprintf(decoder.message, sizeof decoder.message, "PNG: %s", message);
  png_longjmp(png, 1);
}

void vitgen_png_warning(png_structp, png_const_charp) {}

void vitgen_png_read(png_structp png, png_bytep out, std::size_t size) {
  Decoder& decoder = *static_cast<Decoder*>(png_get_io_ptr(png));
  if (size > decoder.bytes.size() - decoder.at) {
    decoder.ran_out = true;
    png_error(png, "file ends early");
  }
  std::memcpy(out, decoder.bytes.data() + decoder.at, size);
  decoder.at += size;
}

}  // extern "C"

bool read_header(Decoder& decoder) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  png_set_crc_action(decoder.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_chunk_malloc_max(decoder.png, kMaxChunkBytes);
  // Text, profiles and times are skipped unread: no second zlib stream is ever inflated.
  png_set_keep_unknown_chunks(decoder.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_user_limits(decoder.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_read_fn(decoder.png, &decoder, vitgen_png_read);
  png_read_info(decoder.png, decoder.info);
  return true;
}

/// Rows come out as palette indices, 16-bit gray, 8-bit gray or RGB.
bool set_transforms(Decoder& decoder, int color, int depth) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  if (color == PNG_COLOR_TYPE_PALETTE) {
    png_set_packing(decoder.png);
  } else if (color == PNG_COLOR_TYPE_GRAY) {
    if (depth < 8) png_set_expand_gray_1_2_4_to_8(decoder.png);
  } else {
    if (depth == 16) png_set_strip_16(decoder.png);
    png_set_strip_alpha(decoder.png);
  }
  png_set_interlace_handling(decoder.png);
  png_read_update_info(decoder.png, decoder.info);
  return true;
}

bool read_rows(Decoder& decoder, int passes, png_uint_32 height, std::size_t row_bytes,
               unsigned char* out) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  for (int pass = 0; pass < passes; ++pass) {
    for (png_uint_32 y = 0; y < height; ++y) {
      png_read_row(decoder.png, out + y * row_bytes, nullptr);
    }
  }
  png_read_end(decoder.png, nullptr);
  return true;
}

/// 16-bit gray (high byte first) to u8 in place, values over 255 to 255, as Pillow converts it.
void clip_gray16(Image& image) {
  std::vector<std::uint8_t>& data = image.pixels;
  const std::size_t count = data.size() / 2;
  for (std::size_t i = 0; i < count; ++i) data[i] = data[2 * i] != 0 ? 255 : data[2 * i + 1];
  data.resize(count);
}

class Reader {
 public:
  explicit Reader(const ImageSource& source) : source_(source) {
    decoder_.bytes = source.bytes;
    decoder_.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder_, vitgen_png_error,
                                          vitgen_png_warning);
    if (decoder_.png != nullptr) decoder_.info = png_create_info_struct(decoder_.png);
    if (decoder_.info == nullptr) {
      png_destroy_read_struct(&decoder_.png, nullptr, nullptr);
      image_error(source, "IMG_UNSUPPORTED", "libpng cannot start");
    }
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { png_destroy_read_struct(&decoder_.png, &decoder_.info, nullptr); }

  Image decode() {
    require(read_header(decoder_));
    const png_uint_32 height = png_get_image_height(decoder_.png, decoder_.info);
    const png_uint_32 width = png_get_image_width(decoder_.png, decoder_.info);
    const int color = png_get_color_type(decoder_.png, decoder_.info);
    const int depth = png_get_bit_depth(decoder_.png, decoder_.info);
    require_image_size(source_, height, width);
    const std::uint64_t packed_row = png_get_rowbytes(decoder_.png, decoder_.info);
    require_plausible_length(source_, packed_row * height, kMostInflation);
    require(set_transforms(decoder_, color, depth));

    const std::size_t row_bytes = png_get_rowbytes(decoder_.png, decoder_.info);
    const int row_channels = static_cast<int>(row_bytes / width);
    Image image = make_image(height, width, row_channels);
    const bool interlaced =
        png_get_interlace_type(decoder_.png, decoder_.info) != PNG_INTERLACE_NONE;
    require(read_rows(decoder_, interlaced ? PNG_INTERLACE_ADAM7_PASSES : 1, height, row_bytes,
                      image.pixels.data()));
    if (decoder_.at != source_.bytes.size()) {
      image_error(source_, "IMG_TRAILING", "bytes after the end of the PNG");
    }
    if (color == PNG_COLOR_TYPE_PALETTE) return apply_palette(image);
    if (row_channels == 2) clip_gray16(image);
    image.channels = (color & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
    return image;
  }

 private:
  void require(bool done) {
    if (done) return;
    image_error(source_, decoder_.ran_out ? "IMG_TRUNCATED" : "IMG_CORRUPT", decoder_.message);
  }

  Image apply_palette(const Image& indices) {
    png_colorp colors = nullptr;
    int count = 0;
    png_get_PLTE(decoder_.png, decoder_.info, &colors, &count);
    if (*std::max_element(indices.pixels.begin(), indices.pixels.end()) >= count) {
      image_error(source_, "IMG_CORRUPT", "PNG: a palette index is past the palette's end");
    }
    Image image = make_image(static_cast<std::uint64_t>(indices.height),
                             static_cast<std::uint64_t>(indices.width), 3);
    auto out = image.pixels.begin();
    for (const std::uint8_t index : indices.pixels) {
      const png_color& color = colors[index];
      for (const png_byte value : {color.red, color.green, color.blue}) *out++ = value;
    }
    return image;
  }

  const ImageSource& source_;
  Decoder decoder_{};
};

}  // namespace

Image decode_png(const ImageSource& source) { return Reader(source).decode(); }

}  // namespace vitgen
