#pragma once
// Showing a step's operands to the caller's observer.

#include "runtime/objects.h"

namespace vitgen::rt {

void step_description(const vitgen_table& table, uint32_t step, vitgen_api_step& info);

/// data: where each operand of the step can be read.
void tell_observer(const vitgen_api_context& context, uint32_t step, const void* const* data);

}  // namespace vitgen::rt
