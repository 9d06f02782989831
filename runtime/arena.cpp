#include "runtime/arena.h"

#include "runtime/sizes.h"

namespace vitgen::rt {
namespace {

struct ScratchNeed {
  uint64_t first;
  uint64_t other;
};

ScratchNeed scratch_of_isa(const vitgen_table& table, uint32_t isa) {
  ScratchNeed need = {0, 0};
  for (uint32_t k = 0; k < table.kernel_count; ++k) {
    const uint64_t shared = aligned(table.kernels[k].shared_scratch[isa]);
    const uint64_t task = aligned(table.kernels[k].task_scratch[isa]);
    need.first = larger(need.first, add(shared, task));
    need.other = larger(need.other, task);
  }
  return need;
}

ScratchNeed scratch_need(const vitgen_table& table, uint32_t isa) {
  if (isa < table.isa_count) return scratch_of_isa(table, isa);
  ScratchNeed worst = {0, 0};
  for (uint32_t i = 0; i < table.isa_count; ++i) {
    const ScratchNeed need = scratch_of_isa(table, i);
    worst = {larger(worst.first, need.first), larger(worst.other, need.other)};
  }
  return worst;
}

uint32_t usable_buckets(const vitgen_table& table, uint32_t max_batch) {
  if (max_batch == 0) return table.bucket_count;
  uint32_t count = 0;
  while (count < table.bucket_count && table.buckets[count].batch <= max_batch) ++count;
  return count;
}

}  // namespace

uint64_t dtype_bytes(vitgen_dtype dtype) {
  switch (dtype) {
    case VITGEN_U8:
      return 1;
    case VITGEN_BF16:
    case VITGEN_F16:
      return 2;
    case VITGEN_F32:
    case VITGEN_I32:
      return 4;
  }
  return 4;
}

uint64_t port_bytes(const vitgen_port& port) {
  uint64_t bytes = dtype_bytes(port.dtype);
  for (uint32_t d = 0; d < port.dims; ++d) {
    bytes = multiply(bytes, static_cast<uint64_t>(port.extents[d]));
  }
  return bytes;
}

uint64_t output_room(const vitgen_table& table, uint32_t output, uint32_t batch) {
  return aligned(multiply(port_bytes(table.outputs[output]), batch));
}

ArenaLayout arena_layout(const vitgen_table& table, uint32_t isa, uint64_t threads,
                         uint32_t max_batch) {
  ArenaLayout layout = {};
  layout.bucket_count = usable_buckets(table, max_batch);
  if (layout.bucket_count == 0) return layout;
  uint64_t activations = 0;  // a smaller bucket may need more: schedules differ
  for (uint32_t b = 0; b < layout.bucket_count; ++b) {
    activations = larger(activations, table.buckets[b].arena_bytes);
  }
  layout.outputs_begin = aligned(activations);
  uint64_t end = layout.outputs_begin;
  const uint32_t batch = table.buckets[layout.bucket_count - 1].batch;
  // With one output there is nothing that could be skipped.
  for (uint32_t o = 0; table.output_count > 1 && o < table.output_count; ++o) {
    end = add(end, output_room(table, o, batch));
  }
  layout.scratch_begin = end;
  const ScratchNeed need = scratch_need(table, isa);
  layout.first_scratch = need.first;
  layout.other_scratch = need.other;
  end = add(add(end, need.first), multiply(need.other, threads - 1));
  // Halide may load one vector beyond the last element that it uses.
  end = add(end, VITGEN_ALIGNMENT);
  layout.total = end >= kTooMuch ? 0 : end;
  return layout;
}

}  // namespace vitgen::rt
