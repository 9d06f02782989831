#pragma once
// The rows of one image, from the source to the output planes.
//
// A source row is turned gray if the model wants that. Horizontal pass first: it is resized (only
// the columns that the crop shows) into a ring of as many rows as the vertical filter reads, and
// each output row is a weighted sum of rows of the ring. Vertical pass first: each output row is a
// weighted sum of source rows, resized horizontally.

#include "runtime/resample_job.h"

namespace vitgen::rt {

/// Writes every value of the output. `buffers` are buffers_in(job, workspace).
void run_job(const Job& job, const Buffers& buffers, const uint8_t* pixels, ptrdiff_t row_stride,
             void* out);

}  // namespace vitgen::rt
