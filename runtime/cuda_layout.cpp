#include "runtime/arena.h"
#include "runtime/cuda_context.h"
#include "runtime/sizes.h"

namespace vitgen::rt {
namespace {

uint64_t room(const vitgen_port& port, uint32_t batch) {
  return aligned(multiply(port_bytes(port), batch));
}

}  // namespace

CudaLayout cuda_layout(const vitgen_table& table, uint32_t isa, uint32_t bucket_count) {
  CudaLayout layout = {};
  uint64_t end = 0;
  for (uint32_t b = 0; b < bucket_count; ++b) end = larger(end, table.buckets[b].arena_bytes);
  layout.inputs_begin = aligned(end);
  layout.batch = table.buckets[bucket_count - 1].batch;
  end = layout.inputs_begin;
  for (uint32_t i = 0; i < table.input_count; ++i)
    end = add(end, room(table.inputs[i], layout.batch));
  layout.outputs_begin = end;
  for (uint32_t o = 0; o < table.output_count; ++o) {
    end = add(end, room(table.outputs[o], layout.batch));
  }
  layout.scratch_begin = end;
  uint64_t scratch = 0;
  for (uint32_t k = 0; k < table.kernel_count; ++k) {
    scratch = larger(scratch, table.kernels[k].device[isa]->scratch_bytes);
  }
  end = add(end, aligned(scratch));
  layout.total = end >= kTooMuch ? 0 : end;
  return layout;
}

CudaAddress input_address(const CudaContext& context, uint32_t input) {
  const vitgen_table& table = *context.model->table;
  CudaAddress address = context.memory + context.layout.inputs_begin;
  for (uint32_t i = 0; i < input; ++i) address += room(table.inputs[i], context.layout.batch);
  return address;
}

CudaAddress output_address(const CudaContext& context, uint32_t output) {
  const vitgen_table& table = *context.model->table;
  CudaAddress address = context.memory + context.layout.outputs_begin;
  for (uint32_t o = 0; o < output; ++o) address += room(table.outputs[o], context.layout.batch);
  return address;
}

}  // namespace vitgen::rt
