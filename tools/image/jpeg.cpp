// JPEG through libjpeg(-turbo). The library reports errors by longjmp, so each call into it stands
// in a function whose locals are trivial (the frames between setjmp and longjmp hold no C++
// object), and the C++ side turns a false into an Error afterwards.

#include <csetjmp>
#include <cstdio>
// jpeglib.h needs <cstdio> first.
#include <jerror.h>
#include <jpeglib.h>

#include "tools/image/decode.h"

namespace vitgen {
namespace {

/// Writers of progressive files use about ten; each scan costs a pass over the whole image.
constexpr int kMaxScans = 100;

/// A Huffman-coded block of 64 samples takes one bit at least, so a byte stands for 512 samples at
/// most; 16 more for the sampling factors, at most 4 x 4.
constexpr std::uint64_t kMostPixelsPerByte = 512 * 16;

struct Decoder {
  jpeg_decompress_struct state;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf escape;
  char message[JMSG_LENGTH_MAX];
  const char* code;
};

Decoder& decoder_of(j_common_ptr state) { return *static_cast<Decoder*>(state->client_data); }

extern "C" {

[[noreturn]] void vitgen_jpeg_error(j_common_ptr state) {
  Decoder& decoder = decoder_of(state);
  state->err->format_message(state, decoder.message);
  std::longjmp(decoder.escape, 1);
}

/// The library goes on after a warning, with invented pixels; only harmless ones pass.
void vitgen_jpeg_message(j_common_ptr state, int level) {
  if (level >= 0) return;
  const int what = state->err->msg_code;
  if (what == JWRN_EXTRANEOUS_DATA || what == JWRN_ADOBE_XFORM) return;
  if (what == JWRN_JPEG_EOF) decoder_of(state).code = "IMG_TRUNCATED";
  vitgen_jpeg_error(state);
}

void vitgen_jpeg_progress(j_common_ptr state) {
  Decoder& decoder = decoder_of(state);
  if (decoder.state.input_scan_number <= kMaxScans) return;
  std::snprintf(decoder.message, sizeof decoder.message, "more than %d scans", kMaxScans);
  decoder.code = "IMG_UNSUPPORTED";
  std::longjmp(decoder.escape, 1);
}

}  // extern "C"

bool read_header(Decoder& decoder, const unsigned char* bytes, unsigned long size) {
  if (setjmp(decoder.escape) != 0) return false;
  jpeg_mem_src(&decoder.state, bytes, size);
  jpeg_read_header(&decoder.state, TRUE);
  return true;
}

bool read_pixels(Decoder& decoder, unsigned char* pixels, std::size_t row_bytes) {
  if (setjmp(decoder.escape) != 0) return false;
  jpeg_start_decompress(&decoder.state);
  while (decoder.state.output_scanline < decoder.state.output_height) {
    JSAMPROW row = pixels + decoder.state.output_scanline * row_bytes;
    jpeg_read_scanlines(&decoder.state, &row, 1);
  }
  jpeg_finish_decompress(&decoder.state);
  return true;
}

bool create(Decoder& decoder) {
  if (setjmp(decoder.escape) != 0) return false;
  jpeg_create_decompress(&decoder.state);
  return true;
}

class Reader {
 public:
  explicit Reader(const ImageSource& source) : source_(source) {
    decoder_.state.err = jpeg_std_error(&decoder_.errors);
    decoder_.errors.error_exit = vitgen_jpeg_error;
    decoder_.errors.emit_message = vitgen_jpeg_message;
    decoder_.state.client_data = &decoder_;
    decoder_.code = "IMG_CORRUPT";
    if (!create(decoder_)) fail();
    decoder_.progress.progress_monitor = vitgen_jpeg_progress;
    decoder_.state.progress = &decoder_.progress;
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { jpeg_destroy_decompress(&decoder_.state); }

  Image decode() {
    const auto* bytes = reinterpret_cast<const unsigned char*>(source_.bytes.data());
    if (!read_header(decoder_, bytes, source_.bytes.size())) fail();
    jpeg_decompress_struct& state = decoder_.state;
    require_image_size(source_, state.image_height, state.image_width);
    require_supported();
    require_plausible_length(source_, std::uint64_t{state.image_height} * state.image_width,
                             kMostPixelsPerByte);
    const bool gray = state.jpeg_color_space == JCS_GRAYSCALE;
    state.out_color_space = gray ? JCS_GRAYSCALE : JCS_RGB;
    Image image = make_image(state.image_height, state.image_width, gray ? 1 : 3);
    const std::size_t row_bytes = image.pixels.size() / state.image_height;
    if (!read_pixels(decoder_, image.pixels.data(), row_bytes)) fail();
    return image;
  }

 private:
  [[noreturn]] void fail() { image_error(source_, decoder_.code, decoder_.message); }

  void require_supported() {
    const jpeg_decompress_struct& state = decoder_.state;
    const J_COLOR_SPACE colors = state.jpeg_color_space;
    if (state.arith_code) image_error(source_, "IMG_UNSUPPORTED", "arithmetic-coded JPEG");
    if (colors == JCS_CMYK || colors == JCS_YCCK) {
      image_error(source_, "IMG_UNSUPPORTED", "CMYK JPEG; convert it to RGB");
    }
    if (colors != JCS_GRAYSCALE && colors != JCS_YCbCr && colors != JCS_RGB) {
      image_error(source_, "IMG_UNSUPPORTED", "JPEG is neither gray nor YCbCr nor RGB");
    }
  }

  const ImageSource& source_;
  Decoder decoder_{};
};

}  // namespace

Image decode_jpeg(const ImageSource& source) { return Reader(source).decode(); }

}  // namespace vitgen
