// What is inside a library: ports, labels, variants, steps, and the sentences for codes.

#include <string.h>

#include "runtime/cuda_model.h"
#include "runtime/objects.h"
#include "runtime/observe.h"

namespace vitgen::rt {
namespace {

const vitgen_table& table() { return vitgen_rt_table; }

/// Writes as much of `value` as the caller's struct has room for; its struct_size stays.
template <class Struct>
int give(Struct value, Struct* to) {
  if (to == nullptr || to->struct_size < 2 * sizeof(uint32_t)) return VITGEN_API_E_ARG;
  value.struct_size = to->struct_size;
  memcpy(to, &value, to->struct_size < sizeof value ? to->struct_size : sizeof value);
  return VITGEN_API_OK;
}

int give_port(const vitgen_port& port, vitgen_api_tensor* tensor) {
  vitgen_api_tensor value = {};
  value.type = port.dtype;
  value.name = port.name;
  value.dims = port.dims;
  for (uint32_t d = 0; d < port.dims; ++d) {
    value.shape[d] = static_cast<uint64_t>(port.extents[port.dims - 1 - d]);
  }
  value.bytes = port_bytes(port);
  return give(value, tensor);
}

constexpr const char* kStatusTexts[] = {
    "ok",
    "an argument is null, misaligned, overlapping or out of range",
    "header, library and program do not belong together",
    "the CPU or the operating system lacks what the variant needs",
    "the weights are damaged or belong to another library",
    "the weights file cannot be opened or mapped",
    "no memory or no thread to be had",
    "the object is in use by another call, context or thread",
    "the object was made by the parent process; make a new one after fork",
    "a kernel failed; outputs are undefined",
    "this library was generated without it",
    "image: height or width is out of range",
    "image: its channels cannot serve the model's",
    "image: rows overlap or its end overflows",
    "image: the resized image would be empty or too large",
    "image: the workspace is too small",
    "no GPU that fits: no driver, too old a one, or no such device",
    "the GPU has not enough free memory",
    "the GPU's context is broken; the process must start again",
};
enum : int { kLastCode = VITGEN_API_E_DEVICE_LOST };
static_assert(sizeof kStatusTexts / sizeof kStatusTexts[0] == kLastCode + 1);

}  // namespace
}  // namespace vitgen::rt

using namespace vitgen::rt;

const char* vitgen_api_status_text(int code) {
  if (code < 0 || code > kLastCode) return "not a code of this library";
  return kStatusTexts[code];
}

const char* vitgen_api_error(const void* object) {
  const auto* context = static_cast<const vitgen_api_context*>(object);
  return is_context(context) ? context->error : "";
}

int vitgen_api_input(vitgen_api_tensor* tensor) { return give_port(table().inputs[0], tensor); }

int vitgen_api_input_at(size_t index, vitgen_api_tensor* tensor) {
  if (index >= table().input_count) return VITGEN_API_E_ARG;
  return give_port(table().inputs[index], tensor);
}

size_t vitgen_api_input_count(void) { return table().input_count; }

int vitgen_api_output(size_t index, vitgen_api_tensor* tensor) {
  if (index >= table().output_count) return VITGEN_API_E_ARG;
  return give_port(table().outputs[index], tensor);
}

size_t vitgen_api_output_count(void) { return table().output_count; }

const char* vitgen_api_label(size_t index) {
  return index < vitgen_api_label_count() ? table().labels[index] : nullptr;
}

size_t vitgen_api_label_count(void) { return table().labels != nullptr ? table().label_count : 0; }

const char* vitgen_api_isa_name(size_t index) {
  return index < table().isa_count ? table().isas[index].name : nullptr;
}

const char* vitgen_api_isa(const vitgen_api_model* model) {
  return is_model(model) ? model->table->isas[model->isa].name : nullptr;
}

int vitgen_api_device(const vitgen_api_model* model) {
  return is_model(model) && model->cuda != nullptr ? model->cuda->device.device : -1;
}

int vitgen_api_context_threads(const vitgen_api_context* context) {
  return is_context(context) ? static_cast<int>(context->worker_count) : 0;
}

const char* vitgen_api_version(void) { return table().generator; }

const char* vitgen_api_abi_hash(void) { return table().abi_hash; }

size_t vitgen_api_step_count(void) { return table().step_count; }

const char* vitgen_api_step_name(size_t step) {
  return step < table().step_count ? table().steps[step].name : nullptr;
}

int vitgen_api_step_info(size_t step, vitgen_api_step* info) {
  if (step >= table().step_count) return VITGEN_API_E_ARG;
  vitgen_api_step value;
  step_description(table(), static_cast<uint32_t>(step), value);
  return give(value, info);
}

uint64_t vitgen_api_step_time_ns(const vitgen_api_context* context, size_t step) {
  if (!is_context(context) || context->step_times == nullptr) return 0;
  return step < context->model->table->step_count ? context->step_times[step] : 0;
}
