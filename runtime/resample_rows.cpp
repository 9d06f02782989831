#include "runtime/resample_rows.h"

namespace vitgen::rt {
namespace {

void fill_levels(const vitgen_preprocess_recipe& recipe, float* levels) {
  for (int c = 0; c < recipe.channels; ++c) {
    for (int u = 0; u < 256; ++u) {
      const float value = static_cast<float>(u * recipe.rescale);
      levels[c * 256 + u] = (value - recipe.mean[c]) / recipe.std[c];
    }
  }
}

/// ITU-R 601 luma in 16-bit fixed point, as Pillow's convert("L") rounds it.
void turn_gray(const uint8_t* rgb, int32_t width, uint8_t* gray) {
  for (int32_t x = 0; x < width; ++x, rgb += 3) {
    const int32_t luma = rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000;
    gray[x] = static_cast<uint8_t>(luma >> 16);
  }
}

template <int kChannels>
void resize_line(const uint8_t* source, const ResampleTable& table, int32_t size, uint8_t* out) {
  for (int32_t i = 0; i < size; ++i, out += kChannels) {
    const int32_t* weights = table.weights + static_cast<ptrdiff_t>(i) * table.taps;
    const uint8_t* pixel = source + static_cast<ptrdiff_t>(table.first[i]) * kChannels;
    int32_t sums[kChannels];
    for (int c = 0; c < kChannels; ++c) sums[c] = 1 << (kWeightBits - 1);
    for (int32_t k = 0; k < table.count[i]; ++k, pixel += kChannels) {
      for (int c = 0; c < kChannels; ++c) sums[c] += pixel[c] * weights[k];
    }
    for (int c = 0; c < kChannels; ++c) out[c] = resample_round(sums[c]);
  }
}

void resize_row(const Job& job, const Buffers& buffers, const uint8_t* source, uint8_t* out) {
  const int32_t size = job.geometry.columns.source.size;
  switch (job.work_channels) {
    case 1:
      return resize_line<1>(source, buffers.columns, size, out);
    case 2:
      return resize_line<2>(source, buffers.columns, size, out);
    case 3:
      return resize_line<3>(source, buffers.columns, size, out);
    default:
      return resize_line<4>(source, buffers.columns, size, out);
  }
}

struct Source {
  const uint8_t* pixels;
  ptrdiff_t row_stride;
};

/// Row y with the channels that are resized: of the image itself, or in buffers.gray.
const uint8_t* source_row(const Job& job, const Buffers& buffers, const Source& source, int32_t y) {
  const uint8_t* row = source.pixels + y * source.row_stride;
  if (!needs_gray(job)) return row;
  turn_gray(row, job.geometry.columns.source.in, buffers.gray);
  return buffers.gray;
}

void start_sums(int32_t* sums, int64_t values) {
  for (int64_t v = 0; v < values; ++v) sums[v] = 1 << (kWeightBits - 1);
}

void add_row(const uint8_t* row, int32_t weight, int64_t values, int32_t* sums) {
  for (int64_t v = 0; v < values; ++v) sums[v] += row[v] * weight;
}

void round_sums(const int32_t* sums, int64_t values, uint8_t* out) {
  for (int64_t v = 0; v < values; ++v) out[v] = resample_round(sums[v]);
}

/// The source rows that make one row of the resized image.
struct Window {
  int32_t first;
  int32_t count;
  const int32_t* weights;
};

Window row_window(const Buffers& buffers, int32_t i) {
  const ResampleTable& rows = buffers.rows;
  return {rows.first[i], rows.count[i], rows.weights + static_cast<ptrdiff_t>(i) * rows.taps};
}

/// One row of the resized image into buffers.line. `loaded` is the first row that never was in the
/// ring; windows come in rising order.
void horizontal_first(const Job& job, const Buffers& buffers, const Source& source,
                      const Window& window, int32_t* loaded) {
  const int64_t values = line_values(job);
  if (*loaded < window.first) *loaded = window.first;
  for (; *loaded < window.first + window.count; ++*loaded) {
    resize_row(job, buffers, source_row(job, buffers, source, *loaded),
               buffers.ring + (*loaded % job.row_taps) * values);
  }
  start_sums(buffers.sums, values);
  for (int32_t k = 0; k < window.count; ++k) {
    const int32_t slot = (window.first + k) % job.row_taps;
    add_row(buffers.ring + slot * values, window.weights[k], values, buffers.sums);
  }
  round_sums(buffers.sums, values, buffers.line);
}

/// The same, of the columns only that the horizontal pass will read.
void vertical_first(const Job& job, const Buffers& buffers, const Source& source,
                    const Window& window) {
  const int32_t last = job.geometry.columns.source.size - 1;
  const ptrdiff_t begin = ptrdiff_t{buffers.columns.first[0]} * job.work_channels;
  const ptrdiff_t end =
      ptrdiff_t{buffers.columns.first[last] + buffers.columns.count[last]} * job.work_channels;
  start_sums(buffers.sums, end - begin);
  for (int32_t k = 0; k < window.count; ++k) {
    const uint8_t* row = source_row(job, buffers, source, window.first + k);
    add_row(row + begin, window.weights[k], end - begin, buffers.sums);
  }
  round_sums(buffers.sums, end - begin, buffers.tall + begin);
  resize_row(job, buffers, buffers.tall, buffers.line);
}

/// One row of one output channel: fill values, the line's channel from `padding` on, fill values.
/// A null line is a row of fill values. Neighbours lie `pitch` elements apart in the output.
template <typename T, typename Level>
void store_channel_row(const Job& job, const uint8_t* line, int32_t channel, ptrdiff_t pitch,
                       T* out, Level level) {
  const CropAxis& columns = job.geometry.columns;
  const int32_t crop_w = job.recipe->crop_w;
  const T fill = level(job.recipe->fill[channel]);
  const int32_t begin = line == nullptr ? crop_w : columns.padding;
  const int32_t end = line == nullptr ? crop_w : columns.padding + columns.source.size;
  const int step = job.work_channels;
  const int offset = step == 1 ? 0 : channel;
  for (int32_t x = 0; x < begin; ++x) out[x * pitch] = fill;
  for (int32_t x = begin; x < end; ++x) {
    out[x * pitch] = level(line[static_cast<ptrdiff_t>(x - begin) * step + offset]);
  }
  for (int32_t x = end; x < crop_w; ++x) out[x * pitch] = fill;
}

/// Row y of the output in every channel; a null line is a row of padding.
void store_row(const Job& job, const Buffers& buffers, const uint8_t* line, int32_t y, void* out) {
  const vitgen_preprocess_recipe& recipe = *job.recipe;
  const auto same = [](uint8_t u) { return u; };
  for (int32_t c = 0; c < recipe.channels; ++c) {
    const ptrdiff_t in_plane = (ptrdiff_t{c} * recipe.crop_h + y) * recipe.crop_w;
    const ptrdiff_t in_pixels = ptrdiff_t{y} * recipe.crop_w * recipe.channels + c;
    if (recipe.pixel_type == VITGEN_PIXEL_U8) {
      store_channel_row(job, line, c, 1, static_cast<uint8_t*>(out) + in_plane, same);
    } else if (recipe.pixel_type == VITGEN_PIXEL_U8_INTERLEAVED) {
      store_channel_row(job, line, c, recipe.channels, static_cast<uint8_t*>(out) + in_pixels,
                        same);
    } else {
      const float* levels = buffers.levels + c * 256;
      store_channel_row(job, line, c, 1, static_cast<float*>(out) + in_plane,
                        [levels](uint8_t u) { return levels[u]; });
    }
  }
}

}  // namespace

void run_job(const Job& job, const Buffers& buffers, const uint8_t* pixels, ptrdiff_t row_stride,
             void* out) {
  const CropAxis& rows = job.geometry.rows;
  resample_fill(rows.source, buffers.rows, buffers.scratch);
  resample_fill(job.geometry.columns.source, buffers.columns, buffers.scratch);
  if (job.recipe->pixel_type == VITGEN_PIXEL_F32) fill_levels(*job.recipe, buffers.levels);

  const Source source = {pixels, row_stride};
  int32_t loaded = 0;
  for (int32_t y = 0; y < job.recipe->crop_h; ++y) {
    const int32_t i = y - rows.padding;
    if (i < 0 || i >= rows.source.size) {
      store_row(job, buffers, nullptr, y, out);
      continue;
    }
    const Window window = row_window(buffers, i);
    if (job.geometry.vertical_first) {
      vertical_first(job, buffers, source, window);
    } else {
      horizontal_first(job, buffers, source, window, &loaded);
    }
    store_row(job, buffers, buffers.line, y, out);
  }
}

}  // namespace vitgen::rt
