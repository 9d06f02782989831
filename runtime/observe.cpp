#include "runtime/observe.h"

#include <string.h>

#include "runtime/cuda_observe.h"
#include "runtime/options.h"

namespace vitgen::rt {
namespace {

const char* operand_name(const vitgen_table& table, const vitgen_operand& operand) {
  switch (operand.slot) {
    case VITGEN_SLOT_INPUT:
      return table.inputs[operand.index].name;
    case VITGEN_SLOT_OUTPUT:
      return table.outputs[operand.index].name;
    case VITGEN_SLOT_WEIGHT:
      return table.weights[operand.index].name;
    case VITGEN_SLOT_ARENA:
      break;
  }
  return nullptr;
}

uint32_t batch_of_step(const vitgen_table& table, uint32_t step) {
  for (uint32_t b = 0; b < table.bucket_count; ++b) {
    const vitgen_bucket& bucket = table.buckets[b];
    if (step >= bucket.step_begin && step - bucket.step_begin < bucket.step_count) {
      return bucket.batch;
    }
  }
  return 0;
}

}  // namespace

void step_description(const vitgen_table& table, uint32_t step, vitgen_api_step& info) {
  const vitgen_step& s = table.steps[step];
  info = {sizeof info, batch_of_step(table, step), s.name, s.op, s.flops};
}

void tell_observer(const vitgen_api_context& context, uint32_t number, const void* const* data) {
  const vitgen_table& table = *context.model->table;
  const vitgen_step& step = table.steps[number];
  vitgen_api_operand views[VITGEN_MAX_OPERANDS];
  for (uint32_t i = 0; i < step.operand_count; ++i) {
    const vitgen_operand& operand = table.operands[step.operand_begin + i];
    views[i] = {operand_name(table, operand),
                data[i],
                operand.dtype,
                operand.dims,
                {},
                operand.is_output,
                operand.slot == VITGEN_SLOT_WEIGHT};
    memcpy(views[i].extents, operand.extents, sizeof views[i].extents);
  }
  vitgen_api_step info;
  step_description(table, number, info);
  context.observer(context.observer_user, number, &info, views, step.operand_count);
}

}  // namespace vitgen::rt

using namespace vitgen::rt;

int vitgen_api_observe(vitgen_api_context* context, vitgen_api_observer observer, void* user) {
  if (!is_context(context)) return VITGEN_API_E_ARG;
  if (!made_here(context->guard)) return VITGEN_API_E_FORKED;
  if (context->busy.exchange(1, std::memory_order_acquire) != 0) return VITGEN_API_E_BUSY;
  int code = VITGEN_API_OK;
  if (context->cuda != nullptr && observer != nullptr) code = cuda_make_mirror(*context->cuda);
  if (code == VITGEN_API_OK) {
    context->observer = observer;
    context->observer_user = user;
  }
  context->busy.store(0, std::memory_order_release);
  return code;
}
