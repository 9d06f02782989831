#pragma once
// From the description of a matrix to what the driver makes of it for bulk tensor copies.

#include "runtime/cuda_driver.h"
#include "runtime/table.h"

namespace vitgen::rt {

/// Parameters of all launches that are tensor maps.
uint32_t count_maps(const vitgen_device_kernel& kernel);

/// Encodes `map` for the matrix at `address`; needs no device. The driver has
/// cuTensorMapEncodeTiled.
CudaResult cuda_encode_map(const CudaDriver& driver, const vitgen_tensor_map& map,
                           CudaAddress address, CudaTensorMap& out);

}  // namespace vitgen::rt
