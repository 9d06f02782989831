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
};

/// One bucket's share of a request: images first .. first + bucket->batch - 1.
struct BatchRun {
  const Request* request;
  const vitgen_bucket* bucket;
  size_t first;
};

/// ARG with a text in the context's error, or OK. Touches nothing else.
int check_request(vitgen_api_context& context, const Request& request);

uint8_t* operand_memory(const vitgen_api_context& context, const BatchRun& run,
                        const vitgen_operand& operand);

}  // namespace vitgen::rt
