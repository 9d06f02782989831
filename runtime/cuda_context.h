#pragma once
// What one caller at a time runs images with on a GPU: its memory there, a stream, and one graph
// per bucket.

#include "runtime/cuda_model.h"

namespace vitgen::rt {

/// How a context's block of device memory is divided: activations, room for every port's images of
/// the largest bucket, then the kernels' scratch. Every part starts at a multiple of
/// VITGEN_ALIGNMENT.
struct CudaLayout {
  uint64_t inputs_begin;
  uint64_t outputs_begin;
  uint64_t scratch_begin;
  uint64_t total;  ///< 0: the sizes overflow
  uint32_t batch;  ///< of the largest usable bucket
};

CudaLayout cuda_layout(const vitgen_table& table, uint32_t isa, uint32_t bucket_count);

struct CudaContext {
  CudaModel* model;
  CudaLayout layout;
  CudaAddress memory;
  CudaStream stream;  ///< of runs with memory of the host
  CudaEvent done;     ///< the end of what was queued last, on any stream
  uint32_t bucket_count;
  CudaGraphExec* graphs;  ///< one per bucket; null: kernels are launched one by one
  uint32_t event_count;
  CudaEvent* events;  ///< before and after each step of a bucket; none if not timed
  uint64_t* values;   ///< of the parameters of one launch,
  void** arguments;   ///< and pointers to them
  /// Tensor maps of the launches of each usable bucket's steps, encoded once, since nothing that
  /// they name ever moves: the arena, the weights, and the places of the ports' images.
  CudaTensorMap* maps;
  uint32_t* first_map;  ///< by step
  uint8_t* mirror;      ///< host memory for the operands of one step, or null
};

/// flags: of vitgen_api_context_options. OK, or E_RESOURCES, E_KERNEL, E_DEVICE, E_DEVICE_MEMORY,
/// E_DEVICE_LOST; `out` is null then.
int cuda_context_create(CudaModel& model, uint32_t bucket_count, uint32_t flags, CudaContext*& out,
                        Text& why);

/// Waits for what is queued. Null is allowed. In a child process only memory is given back.
void cuda_context_destroy(CudaContext* context);

/// Where a port's images of the running bucket lie on the device.
CudaAddress input_address(const CudaContext& context, uint32_t input);
CudaAddress output_address(const CudaContext& context, uint32_t output);

}  // namespace vitgen::rt
