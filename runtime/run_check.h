#pragma once
// One call of run: what the caller asks for, whether it may be done, and where each operand lies.

#include "runtime/objects.h"

namespace vitgen::rt {

struct Request {
  size_t n;
  const void* const* inputs;
  uint32_t inputs_given;  ///< all of the model's inputs, or it is refused
  void* const* outputs;   ///< the first `given` of the model's outputs, entries may be null
  uint32_t given;
  bool on_device = false;  ///< inputs and outputs are memory of the GPU, and the work is queued
  void* stream = nullptr;  ///< on this stream
};

/// One bucket's share of a request: images first .. first + bucket->batch - 1.
struct BatchRun {
  const Request* request;
  const vitgen_bucket* bucket;
  size_t first;
};

/// The largest of the first `usable` buckets that n images fill; less `usable` for the rest of
/// them.
const vitgen_bucket& next_bucket(const vitgen_table& table, uint32_t& usable, size_t n);

/// ARG or UNSUPPORTED with a text in the context's error, or OK. Touches nothing else.
int check_request(vitgen_api_context& context, const Request& request);

uint8_t* operand_memory(const vitgen_api_context& context, const BatchRun& run,
                        const vitgen_operand& operand);

}  // namespace vitgen::rt
