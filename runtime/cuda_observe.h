#pragma once
// Showing the operands of a step on the device to the caller's observer: as copies.

#include "runtime/cuda_context.h"
#include "runtime/objects.h"

namespace vitgen::rt {

/// Makes room for the copies, once: OK or E_RESOURCES.
int cuda_make_mirror(CudaContext& context);

/// Waits for the step and calls the observer. The context is current.
int cuda_show_step(vitgen_api_context& context, uint32_t step, CudaStream stream, Text& why);

}  // namespace vitgen::rt
