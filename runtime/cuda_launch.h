#pragma once
// Launching kernels on the device, one by one or recorded in a graph. The context is current.

#include "runtime/cuda_context.h"

namespace vitgen::rt {

/// Device address of an operand.
CudaAddress operand_address(const CudaContext& context, const vitgen_operand& operand);

/// Encodes the tensor maps of all steps of the usable buckets: OK, or E_DEVICE with the step, the
/// kernel and the reason.
int cuda_encode_maps(CudaContext& context, Text& why);

/// Queues the launches of one step: OK, E_DEVICE_MEMORY, E_DEVICE_LOST, or E_KERNEL with the step,
/// the kernel and the reason.
int cuda_launch_step(CudaContext& context, uint32_t step, CudaStream stream, Text& why);

/// Records the steps of a bucket and brings the graph to the device.
int cuda_capture(CudaContext& context, const vitgen_bucket& bucket, CudaGraphExec& graph,
                 Text& why);

}  // namespace vitgen::rt
