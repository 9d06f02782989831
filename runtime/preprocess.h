#pragma once
// From a decoded u8 image to one image of a model's input: resize, centre crop, normalise.
//
// The pixels equal, bit for bit, what Pillow gives on the same decoded image (its 8-bit antialiased
// resampling with a rounding to u8 between the horizontal and the vertical pass), and the floats
// equal torchvision's and timm's ToTensor + Normalize and the NumPy ("PIL") image processors of
// transformers. Lanczos alone is equal only as far as the host's libm `sin` agrees with ours after
// rounding to 22 bits.
//
// Nothing here allocates, prints, aborts, or keeps state; a recipe is constant data.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  VITGEN_PREPROCESS_MAX_EDGE = 65535,           ///< of the image, the resize target and the crop
  VITGEN_PREPROCESS_MAX_PIXELS = 1 << 28,       ///< of the image
  VITGEN_PREPROCESS_MAX_RESIZED_EDGE = 1 << 24  ///< of the resized image (never stored whole)
};

/// How the size of the resized image follows from the recipe's resize_h, resize_w and the image.
enum vitgen_resize_mode {
  VITGEN_RESIZE_EXACT = 0,          ///< resize_h x resize_w, aspect ratio not kept
  VITGEN_RESIZE_SHORTEST_EDGE = 1,  ///< shorter edge = resize_h, the other int(resize_h*long/short)
  VITGEN_RESIZE_COVER = 2,          ///< smallest that covers resize_h x resize_w (timm, not square)
  VITGEN_RESIZE_CONTAIN = 3,        ///< largest that fits into it (timm's crop_mode "border")
  VITGEN_RESIZE_NONE = 4            ///< the image as it is
};

enum vitgen_filter {
  VITGEN_FILTER_NEAREST = 0,
  VITGEN_FILTER_BILINEAR = 1,
  VITGEN_FILTER_BICUBIC = 2,  ///< a = -0.5
  VITGEN_FILTER_LANCZOS = 3   ///< 3 lobes
};

/// Which pass of a resize comes first, which shows in the last bit. Pillow 12.2 and 12.3 go
/// horizontally first too, except for images over 100 times as high as wide.
enum vitgen_pass_order {
  VITGEN_PASSES_HORIZONTAL_FIRST = 0,  ///< Pillow up to 12.1
  VITGEN_PASSES_PILLOW_13 = 1          ///< vertical first if the height loses over twice what the
                                       ///< width loses: h > h' and h - h' > 2 * (w - w')
};

/// Where the crop starts when an odd number of pixels is left over.
enum vitgen_crop_rule {
  VITGEN_CROP_HALF_EVEN = 0,  ///< torchvision, timm: round(excess / 2), halves to even
  VITGEN_CROP_FLOOR = 1       ///< transformers' NumPy processors: excess // 2
};

enum vitgen_pixel_type {
  VITGEN_PIXEL_F32 = 0,            ///< ((float)(u8 * rescale) - mean) / std
  VITGEN_PIXEL_U8 = 1,             ///< the cropped pixels; rescale, mean and std are not read
  VITGEN_PIXEL_U8_INTERLEAVED = 2  ///< the same, pixel after pixel instead of planes
};

/// What to do, as constant data that the generator emits. The output has `channels` planes of
/// crop_h x crop_w, plane after plane, or interleaved pixels (see vitgen_pixel_type). A channel
/// count of 1 in the image and 3 here repeats the gray; 3 and 1 takes Pillow's luma; otherwise the
/// counts must be equal.
struct vitgen_preprocess_recipe {
  int32_t resize;      ///< vitgen_resize_mode
  int32_t filter;      ///< vitgen_filter
  int32_t pass_order;  ///< vitgen_pass_order
  int32_t resize_h;    ///< see vitgen_resize_mode
  int32_t resize_w;    ///< not read by SHORTEST_EDGE
  int32_t crop;        ///< vitgen_crop_rule
  int32_t crop_h;
  int32_t crop_w;
  int32_t channels;    ///< 1 to 4
  int32_t pixel_type;  ///< vitgen_pixel_type
  uint8_t fill[4];     ///< u8 value per channel around an image smaller than the crop
  float mean[4];
  float std[4];    ///< not 0
  double rescale;  ///< 1.0 / 255 as a double nearly always
};

enum vitgen_preprocess_status {
  VITGEN_PREPROCESS_OK = 0,
  VITGEN_PREPROCESS_E_NULL = -1,      ///< recipe, pixels, workspace or output is null
  VITGEN_PREPROCESS_E_RECIPE = -2,    ///< the recipe itself is not valid
  VITGEN_PREPROCESS_E_SIZE = -3,      ///< height or width is not in 1..65535, or > 2^28 pixels
  VITGEN_PREPROCESS_E_CHANNELS = -4,  ///< the image's channels cannot serve the model's
  VITGEN_PREPROCESS_E_STRIDE = -5,  ///< row_stride < width * channels, or the image's end overflows
  VITGEN_PREPROCESS_E_FACTOR = -6,  ///< an edge of the resized image is 0 or over 2^24
  VITGEN_PREPROCESS_E_WORKSPACE = -7,  ///< workspace_bytes is too small
  VITGEN_PREPROCESS_E_ALIGNMENT = -8,  ///< a float output is not 4-byte aligned
  VITGEN_PREPROCESS_E_OVERLAP = -9     ///< pixels, workspace and output overlap
};

/// Bytes of workspace that vitgen_preprocess_u8 needs for such an image; 0 if it would refuse it.
/// A few hundred kB as a rule, under 8 MiB for any image when resize and crop are 224 x 224.
size_t vitgen_preprocess_workspace(const struct vitgen_preprocess_recipe* recipe, int height,
                                   int width, int channels);

/// Preprocesses one image. `pixels` is height x width x channels (interleaved), its rows start
/// row_stride bytes apart; nothing past (height-1)*row_stride + width*channels is read. `out`
/// takes channels * crop_h * crop_w values of the recipe's pixel type. The workspace needs no
/// alignment and holds nothing between calls; calls with different workspaces may run at once.
/// Returns a vitgen_preprocess_status; on error `out` is untouched.
int vitgen_preprocess_u8(const struct vitgen_preprocess_recipe* recipe, const uint8_t* pixels,
                         int height, int width, ptrdiff_t row_stride, int channels, void* workspace,
                         size_t workspace_bytes, void* out);

/// One line of English for a status, never null.
const char* vitgen_preprocess_message(int status);

/// timm's size before the crop, floor(size / crop_pct), for resize_h and resize_w; 0 if crop_pct
/// is not in (0, 1] or the result is over VITGEN_PREPROCESS_MAX_EDGE.
int vitgen_preprocess_scaled_size(int size, double crop_pct);

#ifdef __cplusplus
}
#endif
