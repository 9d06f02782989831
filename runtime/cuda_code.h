#pragma once
// Loading the device code of a model's kernels.

#include "runtime/cuda_model.h"

namespace vitgen::rt {

/// Fills the lists of `model`; its context is current. What was loaded before a failure is in
/// `loaded`.
int cuda_load_kernels(CudaModel& model, Text& why);

/// Whether a device of this capability may be given such code.
bool code_fits(const vitgen_device_code& code, uint32_t capability);

}  // namespace vitgen::rt
