#pragma once
// Running images on a GPU: each bucket's images are copied to the device, its graph is launched,
// and the outputs are copied back.

#include "runtime/cuda_context.h"
#include "runtime/run_check.h"

namespace vitgen::rt {

/// A checked request, with ports on host or device. OK, E_KERNEL, E_DEVICE_MEMORY or E_DEVICE_LOST
/// with the text in the context's error.
int cuda_run(vitgen_api_context& context, const Request& request);

}  // namespace vitgen::rt
