#pragma once
// Showing a step's operands to the caller's observer.

#include "runtime/run_check.h"

namespace vitgen::rt {

void step_description(const vitgen_table& table, uint32_t step, vitgen_api_step& info);

void tell_observer(const vitgen_api_context& context, const BatchRun& run, uint32_t step);

}  // namespace vitgen::rt
