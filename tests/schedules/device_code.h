#pragma once
// The device code of a kernel for CUDA.

#include "schedules/choice.h"
#include "schedules/device_kernel.h"
#include "schedules/machine.h"

namespace vitgen {

/// As a library would have it.
DeviceKernel device_code(const OpSpec& spec, const Machine& machine, const Choice& choice);

}  // namespace vitgen
