#pragma once
// What all contexts of a model on a GPU share: the device, the weights in its memory, and every
// kernel's code, loaded when the model is opened so that errors show there.

#include "runtime/cuda_device.h"
#include "runtime/fork_guard.h"
#include "runtime/weights.h"

namespace vitgen::rt {

/// A module, found again by the bytes that it was loaded from.
struct CudaLoaded {
  const void* bytes;
  CudaModule module;
};

struct CudaModel {
  CudaDevice device;
  ForkGuard guard;  ///< the driver does not work in a child of the process that initialised it
  const vitgen_table* table;
  uint32_t isa;
  CudaAddress weights;  ///< of the file's bytes behind its header's page; 0: not there yet
  uint32_t loaded_count;
  CudaLoaded* loaded;        ///< room for one per kernel
  uint32_t* first_function;  ///< per kernel, of its launches' functions
  CudaFunction* functions;
};

/// Whether the variant can run here, and if so its code on the device: OK, E_DEVICE,
/// E_DEVICE_MEMORY, E_DEVICE_LOST, E_RESOURCES or E_ABI with the reason; `out` is null then.
int cuda_model_open(const vitgen_table& table, uint32_t isa, int ordinal, CudaModel*& out,
                    Text& why);

/// Copies the weights to the device.
int cuda_model_upload(CudaModel& model, const Weights& weights, Text& why);

/// Null is allowed. In a child process only memory is given back.
void cuda_model_close(CudaModel* model);

inline const vitgen_device_kernel& device_kernel(const CudaModel& model, uint32_t kernel) {
  return *model.table->kernels[kernel].device[model.isa];
}

}  // namespace vitgen::rt
