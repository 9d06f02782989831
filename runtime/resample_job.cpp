#include "runtime/resample_job.h"

namespace vitgen::rt {
namespace {

constexpr size_t kAlignment = 64;

/// Where each array lies in the workspace. Every extent is bounded by the limits of preprocess.h
/// (taps * size of an axis by about 10 * 2^16), so no sum here can overflow.
class Layout {
 public:
  size_t add(size_t bytes) {
    const size_t offset = total_;
    total_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    return offset;
  }
  size_t total() const { return total_; }

 private:
  size_t total_ = 0;
};

size_t bytes_of(int64_t elements, size_t element) {
  return static_cast<size_t>(elements) * element;
}

AxisOffsets add_axis(Layout& layout, int32_t size, int32_t taps) {
  return {layout.add(bytes_of(size, sizeof(int32_t))), layout.add(bytes_of(size, sizeof(int32_t))),
          layout.add(bytes_of(int64_t{size} * taps, sizeof(int32_t)))};
}

void lay_out(Job* job) {
  const ResampleAxis& rows = job->geometry.rows.source;
  const ResampleAxis& columns = job->geometry.columns.source;
  job->row_taps = resample_taps(rows);
  job->column_taps = resample_taps(columns);
  const int32_t most_taps = job->row_taps > job->column_taps ? job->row_taps : job->column_taps;
  const int64_t line = line_values(*job);
  const bool vertical_first = job->geometry.vertical_first;
  const int64_t tall = vertical_first ? int64_t{columns.in} * job->work_channels : 0;
  Layout layout;
  job->offsets.rows = add_axis(layout, rows.size, job->row_taps);
  job->offsets.columns = add_axis(layout, columns.size, job->column_taps);
  job->offsets.scratch = layout.add(bytes_of(most_taps, sizeof(double)));
  job->offsets.levels = layout.add(bytes_of(int64_t{256} * job->recipe->channels, sizeof(float)));
  job->offsets.gray = layout.add(needs_gray(*job) ? bytes_of(columns.in, 1) : 0);
  job->offsets.ring = layout.add(vertical_first ? 0 : bytes_of(line * job->row_taps, 1));
  job->offsets.tall = layout.add(bytes_of(tall, 1));
  job->offsets.sums = layout.add(bytes_of(vertical_first ? tall : line, sizeof(int32_t)));
  job->offsets.line = layout.add(bytes_of(line, 1));
  // The caller's workspace may start anywhere.
  job->workspace_bytes = layout.total() + kAlignment - 1;
}

template <typename T>
T* array_at(uint8_t* base, size_t offset) {
  return static_cast<T*>(static_cast<void*>(base + offset));
}

ResampleTable table_at(uint8_t* base, const AxisOffsets& offsets, int32_t taps) {
  return {array_at<int32_t>(base, offsets.first), array_at<int32_t>(base, offsets.count),
          array_at<int32_t>(base, offsets.weights), taps};
}

}  // namespace

int plan_job(const vitgen_preprocess_recipe& recipe, int height, int width, int channels,
             Job* job) {
  const int status = plan_geometry(recipe, height, width, channels, &job->geometry);
  if (status != VITGEN_PREPROCESS_OK) return status;
  job->recipe = &recipe;
  job->channels = channels;
  job->work_channels = needs_gray(*job) ? 1 : channels;
  lay_out(job);
  return VITGEN_PREPROCESS_OK;
}

Buffers buffers_in(const Job& job, void* workspace) {
  const size_t past = reinterpret_cast<uintptr_t>(workspace) % kAlignment;
  uint8_t* base = static_cast<uint8_t*>(workspace) + (past == 0 ? 0 : kAlignment - past);
  const Offsets& at = job.offsets;
  return {table_at(base, at.rows, job.row_taps),
          table_at(base, at.columns, job.column_taps),
          array_at<double>(base, at.scratch),
          array_at<float>(base, at.levels),
          base + at.gray,
          base + at.ring,
          base + at.tall,
          array_at<int32_t>(base, at.sums),
          base + at.line};
}

}  // namespace vitgen::rt
