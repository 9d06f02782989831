#include "runtime/cuda_observe.h"

#include <stdlib.h>

#include "runtime/cuda_error.h"
#include "runtime/cuda_launch.h"
#include "runtime/observe.h"
#include "runtime/sizes.h"

namespace vitgen::rt {
namespace {

uint64_t bytes_of(const vitgen_operand& operand) {
  uint64_t bytes = dtype_bytes(operand.dtype);
  for (uint32_t d = 0; d < operand.dims; ++d) {
    bytes = multiply(bytes, static_cast<uint64_t>(operand.extents[d]));
  }
  return bytes;
}

/// Weights are on the host anyway.
uint64_t mirror_bytes(const vitgen_table& table, const vitgen_step& step) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < step.operand_count; ++i) {
    const vitgen_operand& operand = table.operands[step.operand_begin + i];
    if (operand.slot != VITGEN_SLOT_WEIGHT) bytes = add(bytes, aligned(bytes_of(operand)));
  }
  return bytes;
}

}  // namespace

int cuda_make_mirror(CudaContext& context) {
  if (context.mirror != nullptr) return VITGEN_API_OK;
  const vitgen_table& table = *context.model->table;
  uint64_t bytes = 0;
  for (uint32_t s = 0; s < table.step_count; ++s) {
    bytes = larger(bytes, mirror_bytes(table, table.steps[s]));
  }
  context.mirror = static_cast<uint8_t*>(aligned_alloc(VITGEN_ALIGNMENT, bytes));
  return context.mirror != nullptr ? VITGEN_API_OK : VITGEN_API_E_RESOURCES;
}

int cuda_show_step(vitgen_api_context& context, uint32_t number, CudaStream stream, Text& why) {
  const vitgen_table& table = *context.model->table;
  const vitgen_step& step = table.steps[number];
  const CudaDriver& driver = context.model->cuda->device.driver;
  CudaResult result = driver.cuStreamSynchronize(stream);
  uint8_t* next = context.cuda->mirror;
  const void* data[VITGEN_MAX_OPERANDS];
  for (uint32_t i = 0; i < step.operand_count && result == kCudaSuccess; ++i) {
    const vitgen_operand& operand = table.operands[step.operand_begin + i];
    if (operand.slot == VITGEN_SLOT_WEIGHT) {
      data[i] = context.model->weights.base + table.weights[operand.index].offset + operand.offset;
      continue;
    }
    data[i] = next;
    const uint64_t bytes = bytes_of(operand);
    result = driver.cuMemcpyDtoH_v2(next, operand_address(*context.cuda, operand), bytes);
    next += aligned(bytes);
  }
  if (result != kCudaSuccess) {
    why << "step " << step.name << ": ";
    return cuda_error(driver, result, VITGEN_API_E_KERNEL, "copying its operands", why);
  }
  tell_observer(context, number, data);
  return VITGEN_API_OK;
}

}  // namespace vitgen::rt
