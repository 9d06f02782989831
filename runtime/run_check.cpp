#include "runtime/run_check.h"

namespace vitgen::rt {
namespace {

struct Range {
  uintptr_t begin;
  uintptr_t end;  ///< begin == end: nothing
};

bool overlap(Range a, Range b) { return a.begin < b.end && b.begin < a.end; }

/// The range of n images at `memory`; says in `why` what is wrong with it.
bool range_of(const vitgen_port& port, const void* memory, size_t n, Range& range, Text& why) {
  uint64_t bytes;
  range.begin = reinterpret_cast<uintptr_t>(memory);
  if (__builtin_mul_overflow(port_bytes(port), n, &bytes) ||
      __builtin_add_overflow(range.begin, bytes, &range.end)) {
    why << "n: " << n << " images of '" << port.name << "' do not fit into the address space";
    return false;
  }
  if (range.begin % dtype_bytes(port.dtype) != 0) {
    why << port.name << ": not aligned to " << dtype_bytes(port.dtype) << " bytes";
    return false;
  }
  return true;
}

bool check_inputs(const vitgen_table& table, const Request& request, Text& why) {
  if (request.inputs_given != table.input_count) {
    why << "this model has " << table.input_count << " inputs: give them all to run_ports";
    return false;
  }
  for (uint32_t i = 0; i < table.input_count; ++i) {
    Range range;
    if (request.inputs[i] == nullptr) {
      why << "input '" << table.inputs[i].name << "': null";
      return false;
    }
    if (!range_of(table.inputs[i], request.inputs[i], request.n, range, why)) return false;
  }
  return true;
}

bool check_output(const vitgen_table& table, const Request& request, uint32_t o, Text& why) {
  Range range;
  if (!range_of(table.outputs[o], request.outputs[o], request.n, range, why)) return false;
  for (uint32_t i = 0; i < table.input_count; ++i) {
    Range input;
    range_of(table.inputs[i], request.inputs[i], request.n, input, why);  // known to be fine
    if (!overlap(range, input)) continue;
    why << "output '" << table.outputs[o].name << "' overlaps the input '" << table.inputs[i].name
        << "'";
    return false;
  }
  for (uint32_t other = 0; other < o; ++other) {
    Range earlier;
    if (request.outputs[other] == nullptr) continue;
    if (!range_of(table.outputs[other], request.outputs[other], request.n, earlier, why))
      return false;
    if (!overlap(range, earlier)) continue;
    why << "outputs '" << table.outputs[other].name << "' and '" << table.outputs[o].name
        << "' overlap";
    return false;
  }
  return true;
}

bool check(const vitgen_table& table, const Request& request, Text& why) {
  if (request.n == 0) {
    why << "n: 0 images";
    return false;
  }
  if (request.inputs == nullptr || request.outputs == nullptr) {
    why << (request.inputs == nullptr ? "inputs: null" : "outputs: null");
    return false;
  }
  if (!check_inputs(table, request, why)) return false;
  uint32_t wanted = 0;
  for (uint32_t o = 0; o < request.given; ++o) {
    if (request.outputs[o] == nullptr) continue;
    ++wanted;
    if (!check_output(table, request, o, why)) return false;
  }
  if (wanted == 0) why << "output: null";
  return wanted != 0;
}

/// An output that the caller does not want has its room in the arena.
uint8_t* output_memory(const vitgen_api_context& context, const BatchRun& run, uint32_t output) {
  const vitgen_table& table = *context.model->table;
  const Request& request = *run.request;
  if (output < request.given && request.outputs[output] != nullptr) {
    return static_cast<uint8_t*>(request.outputs[output]) +
           run.first * port_bytes(table.outputs[output]);
  }
  const uint32_t batch = table.buckets[context.layout.bucket_count - 1].batch;
  uint8_t* room = context.arena + context.layout.outputs_begin;
  for (uint32_t o = 0; o < output; ++o) room += output_room(table, o, batch);
  return room;
}

}  // namespace

const vitgen_bucket& next_bucket(const vitgen_table& table, uint32_t& usable, size_t n) {
  while (table.buckets[usable - 1].batch > n) --usable;  // the first has batch 1
  return table.buckets[usable - 1];
}

int check_request(vitgen_api_context& context, const Request& request) {
  Text why = text_in(context.error, sizeof context.error);
  if (request.on_device && context.cuda == nullptr) {
    why << "run_device: this model is on the CPU";
    return VITGEN_API_E_UNSUPPORTED;
  }
  return check(*context.model->table, request, why) ? VITGEN_API_OK : VITGEN_API_E_ARG;
}

uint8_t* operand_memory(const vitgen_api_context& context, const BatchRun& run,
                        const vitgen_operand& operand) {
  const vitgen_table& table = *context.model->table;
  switch (operand.slot) {
    case VITGEN_SLOT_INPUT:
      return static_cast<uint8_t*>(const_cast<void*>(run.request->inputs[operand.index])) +
             run.first * port_bytes(table.inputs[operand.index]) + operand.offset;
    case VITGEN_SLOT_OUTPUT:
      return output_memory(context, run, operand.index) + operand.offset;
    case VITGEN_SLOT_ARENA:
      return context.arena + operand.offset;
    case VITGEN_SLOT_WEIGHT:
      return const_cast<uint8_t*>(context.model->weights.base) +
             table.weights[operand.index].offset + operand.offset;
  }
  return nullptr;
}

}  // namespace vitgen::rt
