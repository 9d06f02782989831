#pragma once
// A library's inputs and outputs in the memory of a GPU.

#include <deque>
#include <vector>

#include "tools/measure/gpu.h"
#include "tools/vitgen/loaded_library.h"
#include "tools/vitgen/random_input.h"

namespace vitgen {

class DevicePorts {
 public:
  /// Room for n images, the inputs filled.
  DevicePorts(const Gpu& gpu, const LoadedLibrary& library, std::size_t n,
              const RandomInputs& inputs);

  /// Queues a run in the GPU's stream.
  void run(LoadedLibrary& library, std::size_t n) const;
  /// The outputs of n images, once what was queued is done.
  std::vector<std::vector<float>> outputs() const;

 private:
  const Gpu& gpu_;
  std::deque<DeviceArray> arrays_;  // which stay where they are
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
  std::vector<std::size_t> output_elements_;
};

}  // namespace vitgen
