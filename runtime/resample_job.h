#pragma once
// One image to preprocess as a value: its geometry, and where each array lies in the workspace.

#include "runtime/resample_geometry.h"

namespace vitgen::rt {

/// Offsets of a ResampleTable's arrays in the workspace.
struct AxisOffsets {
  size_t first, count, weights;
};

struct Offsets {
  AxisOffsets rows, columns;
  size_t scratch, levels, gray, ring, tall, sums, line;
};

struct Job {
  const vitgen_preprocess_recipe* recipe;
  Geometry geometry;
  int channels;       ///< of the source
  int work_channels;  ///< of the rows that are resized
  int32_t row_taps;
  int32_t column_taps;
  Offsets offsets;
  size_t workspace_bytes;
};

/// OK and `job`, or the statuses of plan_geometry.
int plan_job(const vitgen_preprocess_recipe& recipe, int height, int width, int channels, Job* job);

/// The arrays of a job in an aligned workspace.
struct Buffers {
  ResampleTable rows, columns;
  double* scratch;
  float* levels;  ///< [channels][256]: the float of each u8
  uint8_t* gray;
  uint8_t* ring;  ///< [row_taps][line]: rows resized horizontally, if that comes first
  uint8_t* tall;  ///< a row resized vertically, if that comes first
  int32_t* sums;  ///< of the vertical pass
  uint8_t* line;  ///< a row of the resized image
};

Buffers buffers_in(const Job& job, void* workspace);

inline bool needs_gray(const Job& job) { return job.channels == 3 && job.recipe->channels == 1; }

/// Values of one row of the resized image that the crop shows, all channels.
inline int64_t line_values(const Job& job) {
  return int64_t{job.geometry.columns.source.size} * job.work_channels;
}

}  // namespace vitgen::rt
